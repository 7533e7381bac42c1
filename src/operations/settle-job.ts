import { DomainError } from '../domain/errors.ts';
import type { EndFile } from '../spool/end-file.ts';
import { jobPath, jobTempPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { agentPatienceMs, clearJob, findJob, gaveTurn, lookAtEnd, performJob } from './jobs.ts';
import type { JobKey } from './jobs.ts';
import type { Parts } from './parts.ts';
import { MOST_TURNS } from './turns.ts';
import type { ForPerson } from './turns.ts';

type JobParts = Pick<Parts, 'clock' | 'settings' | 'store'>;

/**
 * Brings a short job that lies on the machine to its end, so that nothing happens there behind our back: one that nobody
 * took is taken back, one that was taken is waited for, and its END is answered and cleared away. AGENT_SILENT when that
 * takes longer than an agent may leave a job alone.
 */
export async function settleJob(
  parts: JobParts,
  link: Link,
  key: JobKey,
  signal?: AbortSignal,
): Promise<EndFile | undefined> {
  const { clock, settings, store } = parts;
  const startMs = clock.monotonicMs();
  const patienceMs = agentPatienceMs(link, settings);
  const turn = { jobId: key.id, keyPatienceMs: settings.jobs.waitMs };
  let turns = 0;
  for (;;) {
    const place = await findJob(link, key.id);
    if (place === 'absent') {
      // It may have been cut while it was sent.
      await link.remove(jobTempPath(key.id));
      return undefined;
    }
    if (place === 'waiting' && (await link.remove(jobPath(key.id)))) return undefined;
    const look = await lookAtEnd(link, key, store.daemonId);
    if (look.state === 'ours') {
      await clearJob(parts, link, key.id, { leaveLog: true, patienceMs, ...(signal && { signal }) });
      return look.end;
    }
    // Whatever it is, the job has ended; it stays there as evidence.
    if (look.state === 'unusable') return undefined;
    // The machine lost power while it worked: only the next start of its agent settles that.
    if (place === 'claimed' && turns < MOST_TURNS && (await gaveTurn(link, turn, signal))) {
      turns += 1;
      continue;
    }
    if (clock.monotonicMs() - startMs > patienceMs) {
      throw new DomainError('AGENT_SILENT', 'the agent does not end the job that it took');
    }
    await clock.sleep(settings.jobs.pollMs, signal);
  }
}

/**
 * As `performJob`, but what was asked to stop leaves no job behind. `isCanceled` says whether there is time for that: a
 * daemon that stops settles the job when it is started again.
 */
export async function performOrSettle(
  parts: JobParts,
  link: Link,
  key: JobKey,
  job: Uint8Array,
  work: { readonly signal: AbortSignal; readonly isCanceled: () => boolean },
  person?: ForPerson,
): Promise<EndFile> {
  try {
    return await performJob(parts, link, key, job, work.signal, person);
  } catch (error) {
    if (!work.signal.aborted || !work.isCanceled() || !link.isOpen) throw error;
    const end = await settleJob(parts, link, key);
    if (end) return end;
    throw error;
  }
}
