import { encodeKillJob } from '../spool/job-file.ts';
import { jobPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { newJobKey } from './job-key.ts';
import type { Parts } from './parts.ts';
import type { RunWork } from './run-work.ts';
import { performShortJob } from './short-job.ts';

/**
 * Stops a run and says what is proven: `never-started` when the job could still be taken out of IN, else the agent's
 * word on the kill. The run's own END decides what became of it.
 */
export async function stopOnMachine(
  parts: Parts,
  link: Link,
  work: RunWork,
): Promise<'never-started' | 'killed' | 'already-ended' | 'not-known' | 'cannot'> {
  if (await link.remove(jobPath(work.key.id))) return 'never-started';
  const key = newJobKey();
  const job = encodeKillJob({
    ...key,
    daemon: parts.store.daemonId,
    target: work.key.id,
    targetToken: work.key.token,
  });
  const { reason } = (await performShortJob(parts, link, work.machine.id, key, job, work.signal)).end;
  if (reason === 'killed' || reason === 'already-ended' || reason === 'cannot') return reason;
  return 'not-known';
}
