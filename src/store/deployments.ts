import type { Selectable } from 'kysely';
import type {
  Deployment,
  Placement,
  ReceiptMethod,
  Target,
  TargetEvent,
  TargetState,
} from '../domain/deployment.ts';
import { targetTable } from '../domain/deployment.ts';
import { DomainError } from '../domain/errors.ts';
import type { RequestKey } from '../domain/request.ts';
import { canStep } from '../domain/state-table.ts';
import type { Database, Trx } from './database.ts';
import { selectFreeMachines, type LaneChange } from './lanes.ts';
import { makePage, readCursor, rowsFor, type Page, type PageOf } from './page.ts';
import { putPlacement } from './placements.ts';
import { insertReceipts, type NewReceipt } from './receipts.ts';
import { insertRequest } from './requests.ts';
import type { DeploymentTable } from './schema.ts';
import { isForeignKeyViolation } from './sqlite.ts';
import { readObstacles, type Obstacle } from './obstacles.ts';
import {
  moveTarget,
  readTarget,
  selectTargets,
  toTarget,
  toTargetColumns,
  type TargetPatch,
} from './targets.ts';

export type { Obstacle, TargetPatch };

export interface NewDeployment {
  readonly bundleId: number;
  readonly requestedBy: string;
  readonly atMs: number;
  readonly machineIds: readonly string[];
}

export interface DeploymentFilter {
  readonly bundleId?: number | undefined;
  readonly machineId?: string | undefined;
  /** Created at or after, and at or before. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Of smaller uploads the round trips count more than the bytes. */
const TELLING_BYTES = 262_144;

/** SQLite takes 32,766 values in one statement. */
const TARGETS_PER_INSERT = 1_000;

export class DeploymentStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * With one queued target per machine; the request that asked for it is kept with it. Throws NOT_FOUND when the bundle
   * or a machine does not exist.
   */
  async create(input: NewDeployment, request?: RequestKey): Promise<Deployment> {
    try {
      return await this.#db.write.transaction().execute(async (trx) => {
        const id = await insertDeployment(trx, input);
        await insertRequest(trx, request, { deploymentId: id });
        const row = await selectDeployments(trx).where('deployment.id', '=', id).executeTakeFirstOrThrow();
        return toDeployment(row);
      });
    } catch (error) {
      if (!isForeignKeyViolation(error)) throw error;
      throw new DomainError('NOT_FOUND', 'there is no such bundle, or no such machine', { cause: error });
    }
  }

  async get(id: number): Promise<Deployment | undefined> {
    const row = await selectDeployments(this.#db.read).where('deployment.id', '=', id).executeTakeFirst();
    return row && toDeployment(row);
  }

  /** Newest first. */
  async list(page: Page & DeploymentFilter): Promise<PageOf<Deployment>> {
    const { after, bundleId, machineId, since, until } = page;
    let query = selectDeployments(this.#db.read)
      .orderBy('deployment.createdAtMs', 'desc')
      .orderBy('deployment.id', 'desc')
      .limit(rowsFor(page));
    if (after !== undefined) {
      const [atMs, id] = readCursor('deployments', after, ['number', 'number']);
      query = query.where((eb) =>
        eb(eb.refTuple('deployment.createdAtMs', 'deployment.id'), '<', eb.tuple(Number(atMs), Number(id))),
      );
    }
    if (bundleId !== undefined) query = query.where('deployment.bundleId', '=', bundleId);
    if (since !== undefined) query = query.where('deployment.createdAtMs', '>=', since);
    if (until !== undefined) query = query.where('deployment.createdAtMs', '<=', until);
    if (machineId !== undefined) {
      query = query.where('deployment.id', 'in', (eb) =>
        eb.selectFrom('target').select('target.deploymentId').where('target.machineId', '=', machineId),
      );
    }
    const rows = await query.execute();
    return makePage('deployments', rows, page.limit, (row) => [row.createdAtMs, row.id], toDeployment);
  }

  /** By the machines' names. */
  async targets(deploymentId: number): Promise<Target[]> {
    const rows = await selectTargets(this.#db.read)
      .where('target.deploymentId', '=', deploymentId)
      .orderBy('machine.name')
      .execute();
    return rows.map(toTarget);
  }

  /** How many targets of each of these deployments are in which state. */
  async stateCounts(deploymentIds: readonly number[]): Promise<Map<number, Map<TargetState, number>>> {
    const counts = new Map(deploymentIds.map((id) => [id, new Map<TargetState, number>()]));
    if (deploymentIds.length === 0) return counts;
    const rows = await this.#db.read
      .selectFrom('target')
      .select((eb) => ['deploymentId', 'state', eb.fn.countAll<number>().as('count')])
      .where('deploymentId', 'in', deploymentIds)
      .groupBy(['deploymentId', 'state'])
      .execute();
    for (const { deploymentId, state, count } of rows) counts.get(deploymentId)?.set(state, count);
    return counts;
  }

  target(deploymentId: number, machineId: string): Promise<Target | undefined> {
    return readTarget(this.#db.read, deploymentId, machineId);
  }

  /**
   * Targets that may start now on a free machine, the oldest deployment's first, at most `limit`. One whose pause would
   * end later than the longest pause from now may too: the clock was set back.
   */
  async startableTargets(when: {
    readonly nowMs: number;
    readonly longestPauseMs: number;
    readonly limit: number;
  }): Promise<Target[]> {
    const rows = await selectTargets(this.#db.read)
      .where('target.endedAtMs', 'is', null)
      .where((eb) =>
        eb.or([
          eb('target.state', '=', 'queued'),
          eb('target.state', '=', 'waiting').and(
            eb.or([
              eb('target.notBeforeMs', 'is', null),
              eb('target.notBeforeMs', '<=', when.nowMs),
              eb('target.notBeforeMs', '>', when.nowMs + when.longestPauseMs),
            ]),
          ),
        ]),
      )
      .where('target.machineId', 'in', selectFreeMachines(this.#db.read))
      .orderBy('target.deploymentId')
      .orderBy('machine.name')
      .limit(when.limit)
      .execute();
    return rows.map(toTarget);
  }

  /** Every target that is not in an end state, the oldest deployment's first. */
  async openTargets(): Promise<Target[]> {
    const rows = await selectTargets(this.#db.read)
      .where('target.endedAtMs', 'is', null)
      .orderBy('target.deploymentId')
      .orderBy('machine.name')
      .execute();
    return rows.map(toTarget);
  }

  /**
   * One step of a target's state, its patch and its lane in one transaction. With `take` the lane becomes this
   * deployment's, or, when another owner has it, nothing changes and undefined is answered. An end state gives the lane
   * back by itself. Throws BUG when the event cannot happen in the target's state.
   */
  moveTarget(
    deploymentId: number,
    machineId: string,
    event: TargetEvent,
    patch: TargetPatch,
    lane: LaneChange | undefined,
    atMs: number,
  ): Promise<Target | undefined> {
    return this.#db.write
      .transaction()
      .execute((trx) => moveTarget(trx, { deploymentId, machineId, event, patch, lane, atMs }));
  }

  /**
   * A queued or waiting target begins a try, with its lane; undefined when it is neither any more, or another owner has
   * the lane.
   */
  beginTarget(deploymentId: number, machineId: string, atMs: number): Promise<Target | undefined> {
    return this.#db.write.transaction().execute(async (trx) => {
      const target = await readTarget(trx, deploymentId, machineId);
      const event = target?.state === 'queued' ? 'start' : target?.state === 'waiting' ? 'resume' : undefined;
      if (!event) return undefined;
      const patch = { code: null, detail: null, notBeforeMs: null };
      return moveTarget(trx, { deploymentId, machineId, event, patch, lane: 'take', atMs });
    });
  }

  /** A target is canceled, or asked to stop; undefined when it has ended, or was asked before. */
  cancelTarget(deploymentId: number, machineId: string, atMs: number): Promise<Target | undefined> {
    return this.#db.write.transaction().execute(async (trx) => {
      const target = await readTarget(trx, deploymentId, machineId);
      if (!target || !canStep(targetTable, target.state, 'cancel')) return undefined;
      const move = { deploymentId, machineId, event: 'cancel', patch: {}, lane: undefined, atMs } as const;
      return moveTarget(trx, move);
    });
  }

  /** The end of a target that was proven: state, receipts and placement in one transaction. */
  finishTarget(
    deploymentId: number,
    machineId: string,
    event: 'placed' | 'current',
    proof: {
      readonly method: ReceiptMethod;
      readonly receipts: readonly NewReceipt[];
      readonly placement: Placement;
    },
    atMs: number,
  ): Promise<Target | undefined> {
    return this.#db.write.transaction().execute(async (trx) => {
      const patch = { proof: proof.method, code: null, detail: null };
      const move = { deploymentId, machineId, event, patch, lane: undefined, atMs };
      const target = await moveTarget(trx, move);
      await insertReceipts(trx, proof.receipts);
      await putPlacement(trx, proof.placement);
      return target;
    });
  }

  /** Ids of the bundles that targets of this machine still want to bring there. */
  async openBundleIds(machineId: string): Promise<number[]> {
    const rows = await this.#db.read
      .selectFrom('target')
      .innerJoin('deployment', 'deployment.id', 'target.deploymentId')
      .select('deployment.bundleId')
      .distinct()
      .where('target.machineId', '=', machineId)
      .where('target.endedAtMs', 'is', null)
      .execute();
    return rows.map((row) => row.bundleId);
  }

  /** Why targets of a deployment that could start do not, by machine id. */
  obstacles(deploymentId: number): Promise<Map<string, Obstacle>> {
    return readObstacles(this.#db.read, deploymentId);
  }

  /** Bytes per second of the newest upload to a machine that was large enough to tell. */
  async lastRate(machineId: string): Promise<number | undefined> {
    const row = await this.#db.read
      .selectFrom('target')
      .select('bytesPerSecond')
      .where('machineId', '=', machineId)
      .where('bytesPerSecond', 'is not', null)
      .where('bytesSent', '>=', TELLING_BYTES)
      .orderBy('deploymentId', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.bytesPerSecond ?? undefined;
  }

  /** Figures and job of a target; its state stays. */
  async updateTarget(deploymentId: number, machineId: string, patch: TargetPatch): Promise<void> {
    const columns = toTargetColumns(patch);
    if (Object.keys(columns).length === 0) return;
    await this.#db.write
      .updateTable('target')
      .set(columns)
      .where('deploymentId', '=', deploymentId)
      .where('machineId', '=', machineId)
      .execute();
  }
}

/** A deployment with its queued targets; answers its id. */
export async function insertDeployment(trx: Trx, input: NewDeployment): Promise<number> {
  const { id } = await trx
    .insertInto('deployment')
    .values({ bundleId: input.bundleId, requestedBy: input.requestedBy, createdAtMs: input.atMs })
    .returning('id')
    .executeTakeFirstOrThrow();
  await insertTargets(trx, id, [...new Set(input.machineIds)]);
  return id;
}

async function insertTargets(trx: Trx, deploymentId: number, machineIds: readonly string[]): Promise<void> {
  for (let from = 0; from < machineIds.length; from += TARGETS_PER_INSERT) {
    const some = machineIds.slice(from, from + TARGETS_PER_INSERT);
    await trx
      .insertInto('target')
      .values(some.map((machineId) => ({ deploymentId, machineId, state: 'queued' })))
      .execute();
  }
}

function selectDeployments(db: Database['read']) {
  return db
    .selectFrom('deployment')
    .innerJoin('bundle', 'bundle.id', 'deployment.bundleId')
    .selectAll('deployment')
    .select(['bundle.name as bundleName', 'bundle.version as bundleVersion']);
}

function toDeployment(
  row: Selectable<DeploymentTable> & { bundleName: string; bundleVersion: number },
): Deployment {
  return { ...row };
}
