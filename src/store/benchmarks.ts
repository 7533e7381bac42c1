import type { Selectable } from 'kysely';
import type { Benchmark, BenchmarkRole, BenchmarkRun } from '../domain/benchmark.ts';
import type { ParameterValues } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import { runTable, type Run, type RunLimits, type RunState } from '../domain/run.ts';
import { step } from '../domain/state-table.ts';
import type { RequestKey } from '../domain/request.ts';
import type { Database, Trx } from './database.ts';
import { insertDeployment, type NewDeployment } from './deployments.ts';
import { isParameterValues, isRunFlags, isRunLimits, isTiming } from './json-shapes.ts';
import { makePage, readCursor, rowsFor, type Page, type PageOf } from './page.ts';
import { insertRequest } from './requests.ts';
import { fromJson, fromJsonOrNull, present } from './row-values.ts';
import { selectRuns, toRun } from './run-row.ts';
import { insertRuns, type NewRun } from './runs.ts';
import type { BenchmarkTable } from './schema.ts';
import { isForeignKeyViolation } from './sqlite.ts';

export interface NewBenchmark {
  readonly name?: string | undefined;
  readonly parameters: ParameterValues;
  readonly limits: RunLimits;
  readonly repetitions: number;
  readonly warmUps: number;
  readonly requestedBy: string;
  readonly atMs: number;
  /** In the order in which a machine is to do them. */
  readonly runs: readonly { readonly role: BenchmarkRole; readonly ordinal: number; readonly run: NewRun }[];
  /** What the runs wait for. */
  readonly deployments: readonly NewDeployment[];
}

export interface BenchmarkFilter {
  readonly machineId?: string | undefined;
  readonly bundleId?: number | undefined;
  /** Created at or after, and at or before. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** How many runs of a bundle's version a benchmark has in a state. */
export interface BenchmarkCount {
  readonly benchmarkId: number;
  readonly bundleName: string;
  readonly bundleVersion: number;
  readonly state: RunState;
  readonly count: number;
}

/** SQLite takes 32,766 values in one statement. */
const LINKS_PER_INSERT = 1_000;

export class BenchmarkStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * The benchmark with all of its runs, queued, what they wait for, and the request that asked for it; or nothing. Throws
   * NOT_FOUND when a machine or bundle does not exist.
   */
  async create(input: NewBenchmark, request?: RequestKey): Promise<{ benchmark: Benchmark; runs: Run[] }> {
    try {
      return await this.#db.write.transaction().execute(async (trx) => {
        for (const deployment of input.deployments) await insertDeployment(trx, deployment);
        const made = await insertBenchmark(trx, input);
        await insertRequest(trx, request, { benchmarkId: made.benchmark.id });
        return made;
      });
    } catch (error) {
      if (!isForeignKeyViolation(error)) throw error;
      throw new DomainError('NOT_FOUND', 'there is no such machine, or no such bundle', { cause: error });
    }
  }

  async get(id: number): Promise<Benchmark | undefined> {
    const row = await this.#db.read
      .selectFrom('benchmark')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row && toBenchmark(row);
  }

  /** Newest first. */
  async list(page: Page & BenchmarkFilter): Promise<PageOf<Benchmark>> {
    const { after, machineId, bundleId, since, until } = page;
    let query = this.#db.read
      .selectFrom('benchmark')
      .selectAll()
      .orderBy('createdAtMs', 'desc')
      .orderBy('id', 'desc')
      .limit(rowsFor(page));
    if (after !== undefined) {
      const [atMs, id] = readCursor('benchmarks', after, ['number', 'number']);
      query = query.where((eb) =>
        eb(eb.refTuple('createdAtMs', 'id'), '<', eb.tuple(Number(atMs), Number(id))),
      );
    }
    if (since !== undefined) query = query.where('createdAtMs', '>=', since);
    if (until !== undefined) query = query.where('createdAtMs', '<=', until);
    if (machineId !== undefined) {
      query = query.where('id', 'in', (eb) =>
        eb.selectFrom('benchmarkRun').select('benchmarkId').where('machineId', '=', machineId),
      );
    }
    if (bundleId !== undefined) {
      query = query.where('id', 'in', (eb) =>
        eb.selectFrom('benchmarkRun').select('benchmarkId').where('bundleId', '=', bundleId),
      );
    }
    const rows = await query.execute();
    return makePage('benchmarks', rows, page.limit, (row) => [row.createdAtMs, row.id], toBenchmark);
  }

  /** For each of these benchmarks, how many of its runs are in which state. */
  async counts(ids: readonly number[]): Promise<BenchmarkCount[]> {
    if (ids.length === 0) return [];
    return this.#db.read
      .selectFrom('benchmarkRun')
      .innerJoin('run', 'run.id', 'benchmarkRun.runId')
      .innerJoin('bundle', 'bundle.id', 'run.bundleId')
      .select((eb) => [
        'benchmarkRun.benchmarkId',
        'bundle.name as bundleName',
        'bundle.version as bundleVersion',
        'run.state',
        eb.fn.countAll<number>().as('count'),
      ])
      .where('benchmarkRun.benchmarkId', 'in', ids)
      .groupBy(['benchmarkRun.benchmarkId', 'run.bundleId', 'run.state'])
      .orderBy('benchmarkRun.benchmarkId')
      .orderBy('bundle.id')
      .execute();
  }

  /** Its runs in the order in which they were made. */
  async runs(id: number): Promise<BenchmarkRun[]> {
    const rows = await this.#db.read
      .selectFrom('benchmarkRun')
      .innerJoin('run', 'run.id', 'benchmarkRun.runId')
      .innerJoin('machine', 'machine.id', 'run.machineId')
      .innerJoin('bundle', 'bundle.id', 'run.bundleId')
      .select([
        'benchmarkRun.role',
        'benchmarkRun.ordinal',
        'run.id',
        'run.machineId',
        'run.bundleId',
        'run.state',
        'run.code',
        'run.detail',
        'run.simulated',
        'run.engine',
        'run.tokens',
        'run.timing',
        'run.flags',
        'run.startedAtMs',
        'run.endedAtMs',
        'machine.name as machineName',
        'bundle.name as bundleName',
        'bundle.version as bundleVersion',
      ])
      .where('benchmarkRun.benchmarkId', '=', id)
      .orderBy('run.id')
      .execute();
    return rows.map((row) =>
      present({
        ...row,
        simulated: row.simulated === 1,
        timing: fromJsonOrNull(row.timing, isTiming, 'run.timing'),
        flags: fromJson(row.flags, isRunFlags, 'run.flags'),
      }),
    );
  }

  /** Ends every run of it that has not begun, all in one step, so that none of them begins meanwhile. */
  cancelQueued(id: number, atMs: number): Promise<Run[]> {
    return this.#db.write.transaction().execute(async (trx) => {
      const ofBenchmark = trx.selectFrom('benchmarkRun').select('runId').where('benchmarkId', '=', id);
      const canceled = await trx
        .updateTable('run')
        .set({
          state: step(runTable, 'queued', 'cancel'),
          code: 'CANCELED',
          detail: 'the benchmark was canceled before it started',
          cancelRequested: 1,
          endedAtMs: atMs,
        })
        .where('state', '=', 'queued')
        .where('jobId', 'is', null)
        .where('id', 'in', ofBenchmark)
        .returning('id')
        .execute();
      const runs = await selectOf(trx, id).execute();
      const ids = new Set(canceled.map((run) => run.id));
      return runs.filter((run) => ids.has(run.id)).map(toRun);
    });
  }
}

async function insertBenchmark(
  trx: Trx,
  input: NewBenchmark,
): Promise<{ benchmark: Benchmark; runs: Run[] }> {
  const row = await trx
    .insertInto('benchmark')
    .values({
      name: input.name ?? null,
      parameters: JSON.stringify(input.parameters),
      limits: JSON.stringify(input.limits),
      repetitions: input.repetitions,
      warmUps: input.warmUps,
      requestedBy: input.requestedBy,
      createdAtMs: input.atMs,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const ids = await insertRuns(
    trx,
    input.runs.map(({ run }) => run),
  );
  const links = input.runs.flatMap(({ role, ordinal, run: { machineId, bundleId } }, index) => {
    const runId = ids[index];
    return runId === undefined ? [] : { runId, benchmarkId: row.id, machineId, bundleId, role, ordinal };
  });
  for (let from = 0; from < links.length; from += LINKS_PER_INSERT) {
    await trx
      .insertInto('benchmarkRun')
      .values(links.slice(from, from + LINKS_PER_INSERT))
      .execute();
  }
  const runs = await selectOf(trx, row.id).execute();
  return { benchmark: toBenchmark(row), runs: runs.map(toRun) };
}

/** The whole runs of a benchmark in the order in which they were made. */
const selectOf = (trx: Trx, benchmarkId: number) =>
  selectRuns(trx)
    .innerJoin('benchmarkRun', 'benchmarkRun.runId', 'run.id')
    .where('benchmarkRun.benchmarkId', '=', benchmarkId)
    .orderBy('run.id');

function toBenchmark(row: Selectable<BenchmarkTable>): Benchmark {
  return present({
    ...row,
    parameters: fromJson(row.parameters, isParameterValues, 'benchmark.parameters'),
    limits: fromJson(row.limits, isRunLimits, 'benchmark.limits'),
  });
}
