import type { Insertable } from 'kysely';
import type { ParameterValues } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { RequestKey } from '../domain/request.ts';
import type { Run, RunEvent, RunFlag, RunLimits, RunState } from '../domain/run.ts';
import { isParked, isRunEnded, runEndStates, runTable } from '../domain/run.ts';
import { canStep, step } from '../domain/state-table.ts';
import type { Database, Queries, Trx } from './database.ts';
import { insertDeployment, type NewDeployment } from './deployments.ts';
import { isJobIdTaken, refuseTakenJobId } from './job-ids.ts';
import { releaseLane, takeLane, type LaneChange } from './lanes.ts';
import { makePage, readCursor, rowsFor, type Page, type PageOf } from './page.ts';
import { insertRequest } from './requests.ts';
import { flag } from './row-values.ts';
import { insertAppend } from './run-logs.ts';
import { selectRuns, toRun, toRunColumns, type RunPatch } from './run-row.ts';
import type { RunTable } from './schema.ts';
import { isForeignKeyViolation } from './sqlite.ts';

export type { RunPatch };

export interface NewRun {
  readonly machineId: string;
  readonly bundleId: number;
  readonly parameters: ParameterValues;
  readonly limits: RunLimits;
  readonly simulated: boolean;
  readonly flags?: readonly RunFlag[];
  readonly requestedBy: string;
  readonly atMs: number;
}

/** What somebody brought of a run. */
export interface BroughtLog {
  /** Where in the log these bytes begin. */
  readonly fromByte: number;
  readonly log: Uint8Array;
  readonly event: RunEvent;
  readonly patch: RunPatch;
  readonly request?: RequestKey;
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

  /**
   * All of them, queued, or none; with them the deployments that they wait for and the request that asked for them.
   * Throws NOT_FOUND when a machine or bundle does not exist.
   */
  async create(
    inputs: readonly NewRun[],
    together: { readonly deployments?: readonly NewDeployment[]; readonly request?: RequestKey } = {},
  ): Promise<Run[]> {
    const { deployments = [], request } = together;
    try {
      return await this.#db.write.transaction().execute(async (trx) => {
        const deploymentIds: number[] = [];
        for (const deployment of deployments) deploymentIds.push(await insertDeployment(trx, deployment));
        const [deploymentId] = deploymentIds;
        const runs: Run[] = [];
        for (const input of inputs) runs.push(await insertRun(trx, input));
        const runIds = runs.map((run) => run.id);
        await insertRequest(trx, request, { runIds, ...(deploymentId !== undefined && { deploymentId }) });
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

  /** Whether a run or a target has, or last had, a job of that id, or a short job has it. */
  knowsJob(jobId: string): Promise<boolean> {
    return isJobIdTaken(this.#db.read, jobId);
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

  /** The oldest queued run of each machine and bundle, oldest first: those behind it cannot begin before it. */
  async queued(): Promise<Run[]> {
    const oldest = this.#db.read
      .selectFrom('run as waiting')
      .select((eb) => eb.fn.min('waiting.id').as('id'))
      .where('waiting.state', '=', 'queued')
      .where('waiting.jobId', 'is', null)
      .groupBy(['waiting.machineId', 'waiting.bundleId']);
    const rows = await selectRuns(this.#db.read).where('run.id', 'in', oldest).orderBy('run.id').execute();
    return rows.map(toRun);
  }

  /** Every run that has begun and not ended, lost and parked ones too; oldest first. */
  async active(): Promise<Run[]> {
    const begun = await selectRuns(this.#db.read).where('run.state', 'in', activeStates).execute();
    const parked = await selectRuns(this.#db.read)
      .where('run.state', '=', 'queued')
      .where('run.jobId', 'is not', null)
      .execute();
    return [...begun, ...parked].map(toRun).toSorted((a, b) => a.id - b.id);
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

  /** A queued run begins, with its lane; undefined when it has begun already, or another owner has the lane. */
  begin(id: number, key: Required<Pick<Run, 'jobId' | 'jobToken'>>, atMs: number): Promise<Run | undefined> {
    return this.#db.write.transaction().execute(async (trx) => {
      const run = await requireRun(trx, id);
      if (run.state !== 'queued' || isParked(run)) return undefined;
      return moveRun(trx, id, 'start', key, 'take', atMs);
    });
  }

  /**
   * Notes the wish, unless the run has ended; one that is queued is canceled at once, unless its job lies on the machine.
   * Answers the run as it is then. Throws NOT_FOUND.
   */
  requestCancel(id: number, said: Required<Pick<Run, 'code' | 'detail'>>, atMs: number): Promise<Run> {
    return this.#db.write.transaction().execute(async (trx) => {
      const run = await requireRun(trx, id);
      if (isRunEnded(run.state)) return run;
      await trx.updateTable('run').set({ cancelRequested: 1 }).where('id', '=', id).execute();
      if (run.state === 'queued' && !isParked(run)) await moveRun(trx, id, 'cancel', said, undefined, atMs);
      return requireRun(trx, id);
    });
  }

  /** Closes a run by hand; undefined when its state does not allow that. Throws NOT_FOUND. */
  abandon(id: number, said: Required<Pick<Run, 'code' | 'detail'>>, atMs: number): Promise<Run | undefined> {
    return this.#db.write.transaction().execute(async (trx) => {
      const run = await requireRun(trx, id);
      if (!canStep(runTable, run.state, 'abandon')) return undefined;
      return moveRun(trx, id, 'abandon', said, undefined, atMs);
    });
  }

  /**
   * A new run with its log, or the rest of a lost one's, and its end, in one transaction. Undefined, and nothing changed,
   * when the lost one is not lost any more or its log has grown.
   */
  bring(of: NewRun | number, brought: BroughtLog): Promise<Run | undefined> {
    return this.#db.write.transaction().execute((trx) => bringRun(trx, of, brought));
  }

  /** Ended runs of which the machine may still have files, oldest first. */
  async leftovers(machineId: string): Promise<Run[]> {
    const rows = await selectRuns(this.#db.read)
      .where('run.machineId', '=', machineId)
      .where('run.jobLeft', '=', 1)
      .where('run.state', 'in', runEndStates)
      .orderBy('run.id')
      .execute();
    return rows.map(toRun);
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

async function bringRun(trx: Trx, of: NewRun | number, brought: BroughtLog): Promise<Run | undefined> {
  const { fromByte, log, event, patch, request, atMs } = brought;
  const run = typeof of === 'number' ? await requireRun(trx, of) : await insertRun(trx, of);
  if (typeof of === 'number' && run.state !== 'lost') return undefined;
  if (await insertAppend(trx, { runId: run.id, startOffset: fromByte, bytes: log })) return undefined;
  if (run.state === 'queued') await moveRun(trx, run.id, 'brought', {}, undefined, atMs);
  await insertRequest(trx, request, { runIds: [run.id] });
  return moveRun(trx, run.id, event, patch, undefined, atMs);
}

const newRow = (input: NewRun): Insertable<RunTable> => ({
  machineId: input.machineId,
  bundleId: input.bundleId,
  parameters: JSON.stringify(input.parameters),
  limits: JSON.stringify(input.limits),
  state: 'queued',
  simulated: flag(input.simulated),
  flags: JSON.stringify(input.flags ?? []),
  requestedBy: input.requestedBy,
  createdAtMs: input.atMs,
});

async function insertRun(trx: Trx, input: NewRun): Promise<Run> {
  const { id } = await trx.insertInto('run').values(newRow(input)).returning('id').executeTakeFirstOrThrow();
  return requireRun(trx, id);
}

/** SQLite takes 32,766 values in one statement. */
const RUNS_PER_INSERT = 1_000;

/** Many runs at once; their ids in the order of the inputs. */
export async function insertRuns(trx: Trx, inputs: readonly NewRun[]): Promise<number[]> {
  const ids: number[] = [];
  for (let from = 0; from < inputs.length; from += RUNS_PER_INSERT) {
    const some = inputs.slice(from, from + RUNS_PER_INSERT).map(newRow);
    const rows = await trx.insertInto('run').values(some).returning('id').execute();
    // The ids count up with the rows, but nothing promises that they are answered in that order.
    ids.push(...rows.map(({ id }) => id).toSorted((a, b) => a - b));
  }
  return ids;
}

export async function moveRun(
  trx: Trx,
  id: number,
  event: RunEvent,
  patch: RunPatch,
  lane: LaneChange | undefined,
  atMs: number,
): Promise<Run | undefined> {
  const { machineId, state: from, claimedAtMs } = await requireRun(trx, id);
  const state = step(runTable, from, event);
  const ended = isRunEnded(state);
  const ownerId = `run:${id}`;
  if (lane === 'take') {
    const free = await takeLane(trx, { machineId, kind: 'run', ownerId, sinceMs: atMs });
    if (!free) return undefined;
  }
  if (typeof patch.jobId === 'string') await refuseTakenJobId(trx, patch.jobId);
  if (lane === 'release' || ended || state === 'lost') await releaseLane(trx, machineId, ownerId);
  await trx
    .updateTable('run')
    .set({
      ...toRunColumns(patch),
      state,
      ...(event === 'start' && { startedAtMs: atMs, jobLeft: flag(true) }),
      ...((event === 'claimed' || event === 'found') && { claimedAtMs: claimedAtMs ?? atMs }),
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
