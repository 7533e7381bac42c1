import { DomainError } from '../domain/errors.ts';
import type { RunFlag } from '../domain/run.ts';
import { logPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { LogIntake } from './log-intake.ts';
import { LOG_SLACK_BYTES } from './own-log.ts';
import type { Parts } from './parts.ts';
import type { RunWork } from './run-work.ts';

/** Of a log that differs from the stored one at most so much is kept beside it. */
const KEPT_COPY_BYTES = 4 * 1024 * 1024;
/** Names of kept files are upper case, so none of them is this. */
export const machineLogName = 'machine.log';

/**
 * Takes in what a machine's log has grown by: bytes and offset in one commit, never more than 1 MiB in memory. Answers
 * whether anything came. `mostBytes` is how long the log is where that is known.
 */
export async function followLog(
  parts: Parts,
  link: Link,
  work: RunWork,
  mostBytes = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  if (work.logIsForeign === true || work.run.flags.includes('log-conflict')) return false;
  const path = logPath(work.key.id);
  const size = await link.size(path);
  const storedBytes = await parts.store.runLogs.end(work.run.id);
  if (size === undefined || size === storedBytes) return false;
  const shrank = work.run.flags.includes('machine-lost-log');
  if (size < storedBytes) {
    if (!shrank) await takeIn(parts, link, work, { fromByte: 0, storedBytes, upTo: storedBytes });
    if (!work.run.flags.includes('log-conflict')) await addFlag(parts, work, 'machine-lost-log');
    return false;
  }
  const limit = work.run.limits.logMaxBytes + LOG_SLACK_BYTES;
  const upTo = Math.min(mostBytes, limit);
  if (storedBytes >= upTo) {
    if (upTo === limit) await addFlag(parts, work, 'log-cut');
    return false;
  }
  // A log that was shorter before need not be the same one any more.
  return takeIn(parts, link, work, { fromByte: shrank ? 0 : storedBytes, storedBytes, upTo });
}

async function takeIn(
  parts: Parts,
  link: Link,
  work: RunWork,
  range: { readonly fromByte: number; readonly storedBytes: number; readonly upTo: number },
): Promise<boolean> {
  const intake = new LogIntake(parts, work, range);
  await pour(link, work, range, intake);
  if (intake.verdict === 'foreign') work.logIsForeign = true;
  if (intake.verdict === 'differs') await keepBoth(parts, link, work);
  return intake.grew;
}

/** 450 or 550 on a file that is known to exist means that somebody holds it open: later. */
async function pour(
  link: Link,
  { key }: RunWork,
  { fromByte, upTo }: { readonly fromByte: number; readonly upTo: number },
  intake: Pick<LogIntake, 'take' | 'flush'>,
): Promise<void> {
  try {
    await link.stream(logPath(key.id), { fromByte, maxBytes: upTo - fromByte }, (bytes) =>
      intake.take(bytes),
    );
  } catch (error) {
    const isBusy =
      error instanceof DomainError && (error.code === 'FILE_BUSY' || error.code === 'FILE_NOT_FOUND');
    if (!isBusy) throw error;
  } finally {
    await intake.flush();
  }
}

/** Ours is what was committed and stays; the machine's is kept as a file of the run. */
export async function keepBoth(parts: Parts, link: Link, work: RunWork): Promise<void> {
  const pieces: Uint8Array[] = [];
  let left = KEPT_COPY_BYTES;
  const upTo = work.run.limits.logMaxBytes + LOG_SLACK_BYTES;
  const take = async (bytes: Uint8Array): Promise<void> => {
    pieces.push(bytes.subarray(0, left));
    left -= Math.min(left, bytes.length);
  };
  // One that has no end must not be read again and again: its beginning is enough.
  const tooLong = await pour(link, work, { fromByte: 0, upTo }, { take, flush: async () => {} }).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof DomainError && error.code === 'REPLY_TOO_LARGE') return error;
      throw error;
    },
  );
  await parts.store.runs.addFile(work.run.id, machineLogName, Buffer.concat(pieces));
  await addFlag(parts, work, 'log-conflict');
  if (tooLong) throw tooLong;
}

export async function addFlag(parts: Parts, work: RunWork, flag: RunFlag): Promise<void> {
  if (work.run.flags.includes(flag)) return;
  const flags = [...work.run.flags, flag];
  await parts.store.runs.update(work.run.id, { flags });
  work.run = { ...work.run, flags };
}
