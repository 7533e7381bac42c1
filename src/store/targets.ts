import type { Selectable, Updateable } from 'kysely';
import type { Target, TargetEvent } from '../domain/deployment.ts';
import { isTargetEnded, isTargetPlaced, targetTable } from '../domain/deployment.ts';
import { DomainError } from '../domain/errors.ts';
import { step } from '../domain/state-table.ts';
import type { Queries, Trx } from './database.ts';
import { refuseTakenJobId } from './job-ids.ts';
import { releaseLane, takeLane, type LaneChange } from './lanes.ts';
import { flag, present, type Patch } from './row-values.ts';
import type { TargetTable } from './schema.ts';

/** What changes beside the state; the state and its times move by events only. */
export type TargetPatch = Patch<
  Omit<Target, 'deploymentId' | 'machineId' | 'machineName' | 'state' | 'startedAtMs' | 'endedAtMs'>
>;

export interface TargetMove {
  readonly deploymentId: number;
  readonly machineId: string;
  readonly event: TargetEvent;
  readonly patch: TargetPatch;
  readonly lane: LaneChange | undefined;
  readonly atMs: number;
}

export async function moveTarget(trx: Trx, move: TargetMove): Promise<Target | undefined> {
  const { deploymentId, machineId, event, atMs } = move;
  const now = await readTarget(trx, deploymentId, machineId);
  if (!now) throw new DomainError('NOT_FOUND', 'the deployment has no such machine');
  const state = step(targetTable, now.state, event);
  const ended = isTargetEnded(state);
  const ownerId = `deployment:${deploymentId}`;
  if (move.lane === 'take') {
    const free = await takeLane(trx, { machineId, kind: 'deploy', ownerId, sinceMs: atMs });
    if (!free) return undefined;
  }
  if (typeof move.patch.jobId === 'string') await refuseTakenJobId(trx, move.patch.jobId);
  if (move.lane === 'release' || ended) await releaseLane(trx, machineId, ownerId);
  await trx
    .updateTable('target')
    .set({
      ...toTargetColumns(move.patch),
      state,
      ...(event === 'start' && { startedAtMs: atMs }),
      ...(ended && { endedAtMs: atMs, leftBehind: flag(!isTargetPlaced(state) && hasTouched(now)) }),
    })
    .where('deploymentId', '=', deploymentId)
    .where('machineId', '=', machineId)
    .execute();
  return readTarget(trx, deploymentId, machineId);
}

/** Whether bytes or a job of it may lie on the machine. */
const hasTouched = ({ jobId, bytesTotal }: Target): boolean => jobId !== undefined || bytesTotal > 0;

export async function readTarget(
  db: Queries,
  deploymentId: number,
  machineId: string,
): Promise<Target | undefined> {
  const row = await selectTargets(db)
    .where('target.deploymentId', '=', deploymentId)
    .where('target.machineId', '=', machineId)
    .executeTakeFirst();
  return row && toTarget(row);
}

export function selectTargets(db: Queries) {
  return db
    .selectFrom('target')
    .innerJoin('machine', 'machine.id', 'target.machineId')
    .selectAll('target')
    .select('machine.name as machineName');
}

export function toTarget(row: Selectable<TargetTable> & { machineName: string }): Target {
  const { leftBehind: _, ...target } = row;
  return present(target);
}

/** Only the columns that the patch names. */
export function toTargetColumns(patch: TargetPatch): Updateable<TargetTable> {
  const { code, detail, notBeforeMs, attempts, waitedMs, bytesTotal, bytesSent, bytesPerSecond } = patch;
  const { jobId, jobToken, proof } = patch;
  const columns = {
    code,
    detail,
    notBeforeMs,
    attempts,
    waitedMs,
    bytesTotal,
    bytesSent,
    bytesPerSecond,
    jobId,
    jobToken,
    proof,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}
