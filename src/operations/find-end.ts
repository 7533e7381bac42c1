import type { RunEnd } from '../domain/run.ts';
import type { Link } from '../transports/transport.ts';
import { failRun } from './close-run.ts';
import { followLog } from './follow-log.ts';
import { lookAtEnd, UNUSABLE_END_LOOKS } from './jobs.ts';
import type { EndLook } from './jobs.ts';
import type { Parts } from './parts.ts';
import type { RunWork } from './run-work.ts';

/** Names of kept files are upper case, so none of them is this. */
const DAMAGED_END = 'damaged.end';

/** The END of the run. One that stays unusable closes the run: no better one can ever take its place. */
export async function findEnd(parts: Parts, link: Link, work: RunWork): Promise<RunEnd | undefined> {
  const look = await lookAtEnd(link, work.key, parts.store.daemonId);
  if (look.state === 'ours') return look.end.end;
  work.unusableEndLooks = look.state === 'unusable' ? work.unusableEndLooks + 1 : 0;
  if (look.state === 'unusable' && work.unusableEndLooks >= UNUSABLE_END_LOOKS) {
    await closeDamaged(parts, link, work, look);
  }
  return undefined;
}

async function closeDamaged(
  parts: Parts,
  link: Link,
  work: RunWork,
  look: Extract<EndLook, { state: 'unusable' }>,
): Promise<void> {
  while (await followLog(parts, link, work));
  if (look.bytes.length > 0) await parts.store.runs.addFile(work.run.id, DAMAGED_END, look.bytes);
  await failRun(parts, work, 'SPOOL_DAMAGED', look.why);
}
