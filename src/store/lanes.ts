import type { Lane, LaneKind } from '../domain/lane.ts';
import type { Database, Queries, Trx } from './database.ts';

/** What a change of state does with its machine's lane. */
export type LaneChange = 'take' | 'release';

export class LaneStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  get(machineId: string): Promise<Lane | undefined> {
    return this.#db.read.selectFrom('lane').selectAll().where('machineId', '=', machineId).executeTakeFirst();
  }

  all(): Promise<Lane[]> {
    return this.#db.read.selectFrom('lane').selectAll().orderBy('machineId').execute();
  }

  /** For work that has no state of its own; false when another owner has the lane. */
  take(lane: Lane): Promise<boolean> {
    return this.#db.write.transaction().execute((trx) => takeLane(trx, lane));
  }

  /** Gives back the lanes of a kind of work that does not outlive the daemon. */
  async releaseKind(kind: LaneKind): Promise<void> {
    await this.#db.write.deleteFrom('lane').where('kind', '=', kind).execute();
  }

  /** Gives the lane back if this owner has it. */
  release(machineId: string, ownerId: string): Promise<void> {
    return releaseLane(this.#db.write, machineId, ownerId);
  }
}

/** Takes the lane inside the transaction that changes its owner's state; false when another owner has it. */
export async function takeLane(
  trx: Trx,
  lane: { machineId: string; kind: LaneKind; ownerId: string; sinceMs: number },
): Promise<boolean> {
  await trx
    .insertInto('lane')
    .values(lane)
    .onConflict((conflict) => conflict.column('machineId').doNothing())
    .execute();
  const { ownerId } = await trx
    .selectFrom('lane')
    .select('ownerId')
    .where('machineId', '=', lane.machineId)
    .executeTakeFirstOrThrow();
  return ownerId === lane.ownerId;
}

export async function releaseLane(db: Queries, machineId: string, ownerId: string): Promise<void> {
  await db.deleteFrom('lane').where('machineId', '=', machineId).where('ownerId', '=', ownerId).execute();
}

/** Ids of machines that are ready, not held, with their lane free and no run that was lost there. */
export const selectFreeMachines = (db: Queries) =>
  db
    .selectFrom('machine')
    .select('id')
    .where('state', '=', 'ready')
    .where('held', '=', 0)
    .where('id', 'not in', (eb) => eb.selectFrom('lane').select('machineId'))
    .where('id', 'not in', (eb) => eb.selectFrom('run').select('machineId').where('state', '=', 'lost'));
