import type { AgentBuild, AgentUpdateState } from '../domain/agent-update.ts';
import type { Database } from './database.ts';

export interface NewAgentUpdate {
  readonly machineId: string;
  readonly from: AgentBuild;
  readonly to: AgentBuild;
  readonly sha256: string;
  readonly requestedBy: string;
  readonly atMs: number;
}

/** How the agents of machines were replaced: for their history. */
export class AgentUpdateStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Notes what is about to be done; answers the note's id. */
  async begin({ from, to, atMs, ...rest }: NewAgentUpdate): Promise<number> {
    const { id } = await this.#db.write
      .insertInto('agentUpdate')
      .values({
        ...rest,
        fromVersion: from.version,
        fromBuild: from.build,
        toVersion: to.version,
        toBuild: to.build,
        state: 'under-way',
        createdAtMs: atMs,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  async end(
    id: number,
    how: {
      readonly state: Exclude<AgentUpdateState, 'under-way'>;
      readonly code?: string;
      readonly detail?: string;
      readonly atMs: number;
    },
  ): Promise<void> {
    const { state, code = null, detail = null, atMs } = how;
    await this.#db.write
      .updateTable('agentUpdate')
      .set({ state, code, detail, endedAtMs: atMs })
      .where('id', '=', id)
      .execute();
  }

  /** Those that a daemon of before did not see the end of: which agent runs there shows at the next contact. */
  async closeInterrupted(atMs: number): Promise<void> {
    await this.#db.write
      .updateTable('agentUpdate')
      .set({ state: 'interrupted', detail: 'the daemon was stopped meanwhile', endedAtMs: atMs })
      .where('state', '=', 'under-way')
      .execute();
  }
}
