import { DomainError } from '../domain/errors.ts';
import type { Run } from '../domain/run.ts';
import { encodeKillJob } from '../spool/job-file.ts';
import { jobPath, jobTempPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { keptSlotsOf } from './collect-run.ts';
import { newJobKey } from './job-key.ts';
import { clearJob, findJob, lookAtEnd } from './jobs.ts';
import type { JobKey } from './jobs.ts';
import { isOwnLog } from './own-log.ts';
import type { Parts } from './parts.ts';
import { performShortJob, settleShortJobs } from './short-job.ts';

/** What settling needs; no session of its own. */
type SettleParts = Pick<Parts, 'clock' | 'settings' | 'store'>;

/**
 * Clears away what short jobs and ended runs left on a machine: a job that nobody took is taken back, a program that
 * still runs is killed, what came late is deleted unread. To be called before a job is sent there. Throws AGENT_SILENT
 * while a program runs on that cannot be stopped.
 */
export async function settleLeftovers(
  parts: SettleParts,
  link: Link,
  machineId: string,
  signal?: AbortSignal,
): Promise<void> {
  await settleShortJobs(parts, link, machineId, signal);
  for (const run of await parts.store.runs.leftovers(machineId)) {
    if (run.jobId === undefined || run.jobToken === undefined) continue;
    const key = { id: run.jobId, token: run.jobToken };
    if (await isCleared(parts, link, run, key, signal)) {
      await parts.store.runs.update(run.id, { jobLeft: false });
    }
  }
}

async function isCleared(
  parts: SettleParts,
  link: Link,
  run: Run,
  key: JobKey,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  await link.remove(jobTempPath(key.id));
  await link.remove(jobPath(key.id));
  if ((await findJob(link, key.id)) === 'claimed') await stop(parts, link, run, key, signal);
  const look = await lookAtEnd(link, key, parts.store.daemonId);
  // Under this name lies another job; whose ever it is, it is not ours to clear away.
  if (look.state === 'unusable' && look.foreign) return true;
  const bundle = await parts.store.bundles.get(run.bundleId);
  const leaveLog = !(await isOwnLog(parts, link, run, key));
  return clearJob(parts, link, key.id, { keptSlots: keptSlotsOf(bundle), leaveLog });
}

async function stop(
  parts: SettleParts,
  link: Link,
  run: Run,
  target: JobKey,
  signal: AbortSignal | undefined,
): Promise<void> {
  const key = newJobKey();
  const mark = { ...key, daemon: parts.store.daemonId };
  const job = encodeKillJob({ ...mark, target: target.id, targetToken: target.token });
  const { reason } = (await performShortJob(parts, link, run.machineId, key, job, signal)).end;
  if (reason === 'killed' || reason === 'already-ended') return;
  if ((await findJob(link, target.id)) !== 'claimed') return;
  throw new DomainError('AGENT_SILENT', `run ${run.id}, which has ended here, still runs on the machine`);
}
