import { DomainError } from '../domain/errors.ts';
import { decodeEnd } from '../spool/end-file.ts';
import type { EndFile } from '../spool/end-file.ts';
import { endPath, jobPath, jobTempPath, keptPath, logPath, runPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import type { Parts } from './parts.ts';

/** What identifies one job on a machine. */
export interface JobKey {
  readonly id: string;
  readonly token: string;
}

export type JobPlace = 'ended' | 'claimed' | 'waiting' | 'absent';

const MAX_END_BYTES = 16_384;

/** Publishes a job file: written under a temporary name, then renamed, so that the agent never sees half of it. */
export async function deliverJob(link: Link, id: string, job: Uint8Array): Promise<void> {
  await link.write(jobTempPath(id), job);
  await link.rename(jobTempPath(id), jobPath(id));
}

async function look(link: Link, id: string): Promise<JobPlace> {
  if ((await link.size(endPath(id))) !== undefined) return 'ended';
  if ((await link.size(runPath(id))) !== undefined) return 'claimed';
  if ((await link.size(jobPath(id))) !== undefined) return 'waiting';
  return 'absent';
}

/**
 * Where a job is, looked up in the order of the protocol. The agent may move it between two looks, so only two
 * misses in a row mean that it is not there.
 */
export async function findJob(link: Link, id: string): Promise<JobPlace> {
  const first = await look(link, id);
  return first === 'absent' ? look(link, id) : first;
}

/** The END of a job, or undefined while there is none that is whole and ours. Throws SPOOL_DAMAGED for nonsense. */
export async function readEnd(link: Link, key: JobKey, daemonId: string): Promise<EndFile | undefined> {
  if ((await link.size(endPath(key.id))) === undefined) return undefined;
  let bytes: Uint8Array;
  try {
    bytes = await link.read(endPath(key.id), { maxBytes: MAX_END_BYTES });
  } catch (error) {
    if (error instanceof DomainError && (error.code === 'FILE_NOT_FOUND' || error.code === 'FILE_BUSY')) {
      return undefined;
    }
    throw error;
  }
  const decoded = decodeEnd(bytes);
  if (decoded.state === 'incomplete') return undefined;
  if (decoded.state === 'damaged') {
    throw new DomainError('SPOOL_DAMAGED', `OUT/${key.id}.END makes no sense: ${decoded.why}`);
  }
  const ours = decoded.id === key.id && decoded.token === key.token && decoded.daemon === daemonId;
  return ours ? decoded : undefined;
}

/**
 * Brings a short job (place, verify, kill, probe) to its end: delivers it unless it is there already, waits for its
 * END, and clears it away. AGENT_SILENT when the agent leaves it in IN for too long; then the job is taken back.
 */
export async function performJob(
  parts: Pick<Parts, 'clock' | 'settings' | 'store'>,
  link: Link,
  key: JobKey,
  job: Uint8Array,
  signal?: AbortSignal,
): Promise<EndFile> {
  if ((await findJob(link, key.id)) === 'absent') await deliverJob(link, key.id, job);
  const { clock, settings, store } = parts;
  let waitingSinceMs = clock.monotonicMs();
  for (;;) {
    const end = await readEnd(link, key, store.daemonId);
    if (end) {
      await clearJob(parts, link, key.id, 0);
      return end;
    }
    const waitedMs = clock.monotonicMs() - waitingSinceMs;
    if (waitedMs > settings.jobs.waitMs) {
      if (await link.remove(jobPath(key.id))) {
        throw new DomainError(
          'AGENT_SILENT',
          `the agent did not take a job within ${Math.round(waitedMs / 1000)} s`,
        );
      }
      // It was taken after all: a copy or a check of large files may last.
      waitingSinceMs = clock.monotonicMs();
    }
    signal?.throwIfAborted();
    await clock.sleep(settings.jobs.pollMs, signal);
  }
}

const LET_GO_LOOKS = 10;

/**
 * Removes what an ended job left on the machine; the END goes last, and only once the agent has let go of the RUN.
 * Answers false, and leaves everything, when the agent does not let go.
 */
export async function clearJob(
  parts: Pick<Parts, 'clock' | 'settings'>,
  link: Link,
  id: string,
  keptFiles: number,
): Promise<boolean> {
  for (let looks = 1; (await link.size(runPath(id))) !== undefined; looks += 1) {
    if (looks === LET_GO_LOOKS) return false;
    await parts.clock.sleep(parts.settings.jobs.pollMs);
  }
  await link.remove(logPath(id));
  for (let slot = 1; slot <= keptFiles; slot += 1) await link.remove(keptPath(id, slot));
  await link.remove(endPath(id));
  return true;
}
