import { logPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import type { JobKey } from './jobs.ts';
import type { Parts } from './parts.ts';

/** How the LOG of a job begins: another first line is another job's log. */
export const firstLineOf = ({ id, token }: JobKey): string => `#fleet98 1 ${id} ${token} `;

/** An agent keeps to the limit of its job; a file that is so much longer is no log of it. */
export const LOG_SLACK_BYTES = 64 * 1024;

/**
 * Whether the LOG that lies under a run's name is its own, and so may be removed. One of which something is stored was
 * looked at before; otherwise it is read again for its first line, as a session cannot break off within a file.
 */
export async function isOwnLog(
  { store }: Pick<Parts, 'store'>,
  link: Link,
  run: { readonly id: number; readonly limits: { readonly logMaxBytes: number } },
  key: JobKey,
): Promise<boolean> {
  if ((await store.runLogs.end(run.id)) > 0) return true;
  const maxBytes = run.limits.logMaxBytes + LOG_SLACK_BYTES;
  const size = (await link.size(logPath(key.id))) ?? 0;
  if (size === 0) return true;
  if (size > maxBytes) return false;
  const expected = firstLineOf(key);
  let start = '';
  await link.stream(logPath(key.id), { maxBytes }, async (bytes) => {
    const missing = expected.length - start.length;
    if (missing > 0) start += Buffer.from(bytes.subarray(0, missing)).toString('latin1');
  });
  return expected.startsWith(start);
}
