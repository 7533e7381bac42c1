import type { Bundle } from '../domain/bundle.ts';
import { asDomainError, DomainError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { RunEnd } from '../domain/run.ts';
import { crc32Hex } from '../lib/crc32.ts';
import { keptPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { addFlag, followLog, keepBoth } from './follow-log.ts';
import { clearJob } from './jobs.ts';
import { isOwnLog } from './own-log.ts';
import type { Parts } from './parts.ts';
import type { RunWork } from './run-work.ts';

/** A kept side file that is larger says too little for its size. */
const MAX_KEPT_BYTES = 1024 * 1024;

/**
 * After the END: the rest of the log, the kept files, then the commit of END, and only then the files on the machine
 * are removed.
 */
export async function collectRun(parts: Parts, link: Link, work: RunWork, end: RunEnd): Promise<void> {
  while (await followLog(parts, link, work, end.logBytes));
  await checkLog(parts, link, work, end);
  for (const kept of end.kept) await fetchKept(parts, link, work, kept);
  await parts.store.runLogs.merge(work.run.id);
  const ended = { end, ...(end.pid !== undefined && { pid: end.pid }) };
  await parts.store.runs.update(work.run.id, ended);
  work.run = { ...work.run, ...ended };
  try {
    const leaveLog = work.logIsForeign === true || !(await isOwnLog(parts, link, work.run, work.key));
    const what = { keptSlots: keptSlotsOf(work.bundle), leaveLog };
    // What is left there comes again at every visit.
    const patienceMs = LET_GO_VISITS * (link.abilities.visits?.periodMs ?? 0);
    if (await clearJob(parts, link, work.key.id, { ...what, patienceMs, signal: work.signal })) {
      await parts.store.runs.update(work.run.id, { jobLeft: false });
    }
  } catch (error) {
    // Everything is safe here; what stays on the machine is cleared away before its next job.
    parts.log.warn(
      { code: asDomainError(error).code, run: work.run.id },
      'the run’s files stay on the machine for now',
    );
  }
}

const LET_GO_VISITS = 2;

/** Where kept files of a run may lie; an agent that died in between made some that its END does not name. */
export const keptSlotsOf = (bundle: Bundle | undefined): readonly number[] =>
  (bundle?.command?.keep ?? []).map((_, index) => index + 1);

/** Whether what we hold is what the agent says it wrote. */
async function checkLog(parts: Parts, link: Link, work: RunWork, end: RunEnd): Promise<void> {
  if (end.logCut) await addFlag(parts, work, 'log-cut');
  const { runLogs } = parts.store;
  const stored = await runLogs.end(work.run.id);
  const { flags } = work.run;
  if (end.logBytes === undefined || flags.includes('log-conflict')) return;
  if (stored < end.logBytes) await addFlag(parts, work, 'machine-lost-log');
  if (stored < end.logBytes || flags.includes('machine-lost-log') || stored === 0) return;
  const crc = await crcOfFirst(runLogs.chunks(work.run.id, 0), end.logBytes);
  if (end.logCrc32 !== undefined && crc !== end.logCrc32) await keepBoth(parts, link, work);
  // What a power cut took of it, or all: the file need not be there any more to be shorter.
  else if (stored > end.logBytes) await addFlag(parts, work, 'machine-lost-log');
}

async function crcOfFirst(chunks: AsyncIterable<Uint8Array>, length: number): Promise<string> {
  let crc = crc32Hex(new Uint8Array());
  let left = length;
  for await (const bytes of chunks) {
    if (left === 0) break;
    const part = bytes.subarray(0, left);
    crc = crc32Hex(part, crc);
    left -= part.length;
  }
  return crc;
}

/** What a server says that does not give out a file, and will not do so later. */
const notGivenOut: readonly ErrorCode[] = ['FILE_NOT_FOUND', 'FTP_UNEXPECTED', 'REPLY_TOO_LARGE'];

/** A side file that is gone, too large, or not given out is left out: it must not keep the run from its end. */
async function fetchKept(
  parts: Parts,
  link: Link,
  work: RunWork,
  kept: RunEnd['kept'][number],
): Promise<void> {
  const path = keptPath(work.key.id, kept.slot);
  const size = await link.size(path);
  if (size === undefined || size > MAX_KEPT_BYTES) return;
  try {
    const bytes = await link.read(path, { maxBytes: MAX_KEPT_BYTES });
    await parts.store.runs.addFile(work.run.id, kept.name, bytes);
  } catch (error) {
    if (!(error instanceof DomainError) || !notGivenOut.includes(error.code)) throw error;
    parts.log.warn({ code: error.code, run: work.run.id, file: kept.name }, 'a kept file is not given out');
  }
}
