import type { Selectable } from 'kysely';
import type { Deployment, Placement, Target, TargetEvent } from '../domain/deployment.ts';
import { DomainError } from '../domain/errors.ts';
import type { Database, Trx } from './database.ts';
import type { LaneChange } from './lanes.ts';
import { makePage, readCursor, rowsFor, type Page, type PageOf } from './page.ts';
import { putPlacement } from './placements.ts';
import { insertReceipts, type NewReceipt } from './receipts.ts';
import type { DeploymentTable } from './schema.ts';
import { isForeignKeyViolation } from './sqlite.ts';
import { moveTarget, selectTargets, toTarget, toTargetColumns, type TargetPatch } from './targets.ts';

export type { TargetPatch };

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

/** SQLite takes 32,766 values in one statement. */
const TARGETS_PER_INSERT = 1_000;

export class DeploymentStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** With one queued target per machine. Throws NOT_FOUND when the bundle or a machine does not exist. */
  async create(input: NewDeployment): Promise<Deployment> {
    const machineIds = [...new Set(input.machineIds)];
    try {
      return await this.#db.write.transaction().execute(async (trx) => {
        const { id } = await trx
          .insertInto('deployment')
          .values({ bundleId: input.bundleId, requestedBy: input.requestedBy, createdAtMs: input.atMs })
          .returning('id')
          .executeTakeFirstOrThrow();
        await insertTargets(trx, id, machineIds);
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

  async target(deploymentId: number, machineId: string): Promise<Target | undefined> {
    const row = await selectTargets(this.#db.read)
      .where('target.deploymentId', '=', deploymentId)
      .where('target.machineId', '=', machineId)
      .executeTakeFirst();
    return row && toTarget(row);
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

  /** The end of a target that was proven: state, receipts and placement in one transaction. */
  finishTarget(
    deploymentId: number,
    machineId: string,
    event: 'placed' | 'current',
    proof: { readonly receipts: readonly NewReceipt[]; readonly placement: Placement },
    atMs: number,
  ): Promise<Target | undefined> {
    return this.#db.write.transaction().execute(async (trx) => {
      const move = { deploymentId, machineId, event, patch: {}, lane: undefined, atMs };
      const target = await moveTarget(trx, move);
      await insertReceipts(trx, proof.receipts);
      await putPlacement(trx, proof.placement);
      return target;
    });
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
