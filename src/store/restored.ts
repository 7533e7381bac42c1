import { isTargetEnded } from '../domain/deployment.ts';
import type { RunFlag } from '../domain/run.ts';
import { isParked, isRunEnded } from '../domain/run.ts';
import type { Database, Trx } from './database.ts';
import { moveRun } from './runs.ts';
import { selectRuns, toRun, toRunColumns } from './run-row.ts';
import { moveTarget, selectTargets, toTarget } from './targets.ts';

const QUEUED_DETAIL = 'the data was restored from a backup in which this run still waited';
const TARGET_DETAIL = 'the data was restored from a backup in which this was under way; it is done again';

const restored: RunFlag = 'restored';

/**
 * To be called once after the data directory was restored from a backup: what was open then may have been done since.
 * Queued runs are canceled; those under way get the flag `restored`, so that they are collected where their machine
 * still has something of them, and never delivered again; targets under way wait for another try, since placing can be
 * repeated; every placement is unverified. All in one transaction.
 */
export function markRestored(database: Database, atMs: number): Promise<void> {
  return database.write.transaction().execute(async (trx) => {
    await settleRuns(trx, atMs);
    await settleTargets(trx, atMs);
    await trx.updateTable('placement').set({ verified: 0 }).execute();
  });
}

async function settleRuns(trx: Trx, atMs: number): Promise<void> {
  const rows = await selectRuns(trx).where('run.endedAtMs', 'is', null).orderBy('run.id').execute();
  for (const run of rows.map(toRun)) {
    if (isRunEnded(run.state)) continue;
    if (run.state === 'queued' && !isParked(run)) {
      const said = { code: 'RESTORED', detail: QUEUED_DETAIL };
      await moveRun(trx, run.id, 'cancel', said, undefined, atMs);
    } else {
      const flags = [...new Set([...run.flags, restored])];
      await trx.updateTable('run').set(toRunColumns({ flags })).where('id', '=', run.id).execute();
    }
  }
}

async function settleTargets(trx: Trx, atMs: number): Promise<void> {
  const rows = await selectTargets(trx).where('target.endedAtMs', 'is', null).execute();
  for (const { deploymentId, machineId, state } of rows.map(toTarget)) {
    if (isTargetEnded(state) || ['queued', 'waiting', 'canceling'].includes(state)) continue;
    await moveTarget(trx, {
      deploymentId,
      machineId,
      event: 'postpone',
      patch: { code: 'RESTORED', detail: TARGET_DETAIL, notBeforeMs: atMs },
      lane: 'release',
      atMs,
    });
  }
}
