import type { EndFile } from '../spool/end-file.ts';
import type { Link } from '../transports/transport.ts';
import { performJob } from './jobs.ts';
import type { JobKey } from './jobs.ts';
import type { Parts } from './parts.ts';
import { settleJob } from './settle-job.ts';
import type { ForPerson } from './turns.ts';

type JobParts = Pick<Parts, 'clock' | 'settings' | 'store'>;

/**
 * As `performJob`, for work that does not save the job itself: what a broken link or a killed daemon leaves of it on
 * the machine is settled before the next job there.
 */
export function performShortJob(
  parts: JobParts,
  link: Link,
  machineId: string,
  key: JobKey,
  job: Uint8Array,
  signal?: AbortSignal,
  person?: ForPerson,
): Promise<EndFile> {
  const saved = { machineId, jobId: key.id, jobToken: key.token };
  return parts.store.shortJobs.during(saved, () => performJob(parts, link, key, job, signal, person));
}

/** Brings what earlier short jobs left on the machine to its end. */
export async function settleShortJobs(
  parts: JobParts,
  link: Link,
  machineId: string,
  signal?: AbortSignal,
): Promise<void> {
  const { shortJobs } = parts.store;
  for (const { jobId, jobToken } of await shortJobs.leftOn(machineId)) {
    await settleJob(parts, link, { id: jobId, token: jobToken }, signal);
    await shortJobs.remove(jobId);
  }
}
