import type { ParameterValues } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { Run, RunEvent, RunLimits, RunState } from '../domain/run.ts';
import { isRunEnded, runEndStates, runTable } from '../domain/run.ts';
import { step } from '../domain/state-table.ts';
import type { Database, Queries, Trx } from './database.ts';
import { releaseLane, takeLane, type LaneChange } from './lanes.ts';
import { makePage, readCursor, rowsFor, type Page, type PageOf } from './page.ts';
import { flag } from './row-values.ts';
import { selectRuns, toRun, toRunColumns, type RunPatch } from './run-row.ts';
import { isForeignKeyViolation } from './sqlite.ts';

export type { RunPatch };

export interface NewRun {
  readonly machineId: string;
  readonly bundleId: number;
  readonly parameters: ParameterValues;
  readonly limits: RunLimits;
  readonly simulated: boolean;
  readonly requestedBy: string;
  readonly atMs: number;
}

export interface RunFilter {
  readonly machineId?: string | undefined;
  readonly bundleId?: number | undefined;
  readonly state?: RunState | undefined;
  /** Created at or after, and at or before. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

export interface RunFile {
  readonly name: string;
  readonly sizeBytes: number;
}

const activeStates: readonly RunState[] = ['starting', 'running', 'collecting', 'canceling', 'lost'];

export class RunStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** All of them, queued, or none. Throws NOT_FOUND when a machine or bundle does not exist. */
  async create(inputs: readonly NewRun[]): Promise<Run[]> {
    try {
      return await this.#db.write.transaction().execute(async (trx) => {
        const runs: Run[] = [];
        for (const input of inputs) runs.push(await insertRun(trx, input));
        return runs;
      });
    } catch (error) {
      if (!isForeignKeyViolation(error)) throw error;
      throw new DomainError('NOT_FOUND', 'there is no such machine, or no such bundle', { cause: error });
    }
  }

  get(id: number): Promise<Run | undefined> {
    return findRun(this.#db.read, id);
  }

  async findByJobId(jobId: string): Promise<Run | undefined> {
    const row = await selectRuns(this.#db.read).where('run.jobId', '=', jobId).executeTakeFirst();
    return row && toRun(row);
  }

  /** Newest first. */
  async list(page: Page & RunFilter): Promise<PageOf<Run>> {
    const { after, machineId, bundleId, state, since, until } = page;
    let query = selectRuns(this.#db.read)
      .orderBy('run.createdAtMs', 'desc')
      .orderBy('run.id', 'desc')
      .limit(rowsFor(page));
    if (after !== undefined) {
      const [atMs, id] = readCursor('runs', after, ['number', 'number']);
      query = query.where((eb) =>
        eb(eb.refTuple('run.createdAtMs', 'run.id'), '<', eb.tuple(Number(atMs), Number(id))),
      );
    }
    if (machineId !== undefined) query = query.where('run.machineId', '=', machineId);
    if (bundleId !== undefined) query = query.where('run.bundleId', '=', bundleId);
    if (state !== undefined) query = query.where('run.state', '=', state);
    if (since !== undefined) query = query.where('run.createdAtMs', '>=', since);
    if (until !== undefined) query = query.where('run.createdAtMs', '<=', until);
    const rows = await query.execute();
    return makePage('runs', rows, page.limit, (row) => [row.createdAtMs, row.id], toRun);
  }

  /** Oldest first. */
  async queued(): Promise<Run[]> {
    const rows = await selectRuns(this.#db.read)
      .where('run.state', '=', 'queued')
      .orderBy('run.id')
      .execute();
    return rows.map(toRun);
  }

  /** Every run that has begun and not ended, lost ones too; oldest first. */
  async active(): Promise<Run[]> {
    const rows = await selectRuns(this.#db.read)
      .where('run.state', 'in', activeStates)
      .orderBy('run.id')
      .execute();
    return rows.map(toRun);
  }

  /**
   * One step of a run's state, its patch and its lane in one transaction. With `take` the lane becomes this run's, or,
   * when another owner has it, nothing changes and undefined is answered. An end state, and `lose`, give the lane back
   * by themselves. Throws BUG when the event cannot happen in the run's state, NOT_FOUND.
   */
  move(
    id: number,
    event: RunEvent,
    patch: RunPatch,
    lane: LaneChange | undefined,
    atMs: number,
  ): Promise<Run | undefined> {
    return this.#db.write.transaction().execute((trx) => moveRun(trx, id, event, patch, lane, atMs));
  }

  /** Changes beside the state. */
  async update(id: number, patch: RunPatch): Promise<void> {
    const columns = toRunColumns(patch);
    if (Object.keys(columns).length === 0) return;
    await this.#db.write.updateTable('run').set(columns).where('id', '=', id).execute();
  }

  /** Notes the wish, unless the run has ended; answers the run as it is then. Throws NOT_FOUND. */
  requestCancel(id: number): Promise<Run> {
    return this.#db.write.transaction().execute(async (trx) => {
      await trx
        .updateTable('run')
        .set({ cancelRequested: 1 })
        .where('id', '=', id)
        .where('state', 'not in', runEndStates)
        .execute();
      return requireRun(trx, id);
    });
  }

  /** Keeps a side file of the run; a file of the same name is replaced. */
  async addFile(runId: number, name: string, bytes: Uint8Array): Promise<void> {
    await this.#db.write
      .insertInto('runFile')
      .values({ runId, name, bytes })
      .onConflict((conflict) => conflict.columns(['runId', 'name']).doUpdateSet({ bytes }))
      .execute();
  }

  /** Names and sizes of the run's side files, by name. */
  files(runId: number): Promise<RunFile[]> {
    return this.#db.read
      .selectFrom('runFile')
      .select((eb) => ['name', eb.fn<number>('length', ['bytes']).as('sizeBytes')])
      .where('runId', '=', runId)
      .orderBy('name')
      .execute();
  }

  async file(runId: number, name: string): Promise<Uint8Array | undefined> {
    const row = await this.#db.read
      .selectFrom('runFile')
      .select('bytes')
      .where('runId', '=', runId)
      .where('name', '=', name)
      .executeTakeFirst();
    return row?.bytes;
  }
}

async function insertRun(trx: Trx, input: NewRun): Promise<Run> {
  const { id } = await trx
    .insertInto('run')
    .values({
      machineId: input.machineId,
      bundleId: input.bundleId,
      parameters: JSON.stringify(input.parameters),
      limits: JSON.stringify(input.limits),
      state: 'queued',
      simulated: flag(input.simulated),
      requestedBy: input.requestedBy,
      createdAtMs: input.atMs,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return requireRun(trx, id);
}

async function moveRun(
  trx: Trx,
  id: number,
  event: RunEvent,
  patch: RunPatch,
  lane: LaneChange | undefined,
  atMs: number,
): Promise<Run | undefined> {
  const { machineId, state: from } = await requireRun(trx, id);
  const state = step(runTable, from, event);
  const ended = isRunEnded(state);
  const ownerId = `run:${id}`;
  if (lane === 'take') {
    const free = await takeLane(trx, { machineId, kind: 'run', ownerId, sinceMs: atMs });
    if (!free) return undefined;
  }
  if (lane === 'release' || ended || state === 'lost') await releaseLane(trx, machineId, ownerId);
  await trx
    .updateTable('run')
    .set({
      ...toRunColumns(patch),
      state,
      ...(event === 'start' && { startedAtMs: atMs }),
      ...(ended && { endedAtMs: atMs }),
    })
    .where('id', '=', id)
    .execute();
  return requireRun(trx, id);
}

async function findRun(db: Queries, id: number): Promise<Run | undefined> {
  const row = await selectRuns(db).where('run.id', '=', id).executeTakeFirst();
  return row && toRun(row);
}

async function requireRun(db: Queries, id: number): Promise<Run> {
  const run = await findRun(db, id);
  if (!run) throw new DomainError('NOT_FOUND', `there is no run ${id}`);
  return run;
}
