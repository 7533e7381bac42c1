import { crc32Hex } from '../lib/crc32.ts';
import { DomainError } from '../domain/errors.ts';
import type { RunFlag } from '../domain/run.ts';
import { logPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import type { Parts } from './parts.ts';
import type { RunWork } from './run-work.ts';

/** At most so much of a log is read in one go; the rest comes with the next look. */
const READ_AT_ONCE_BYTES = 4 * 1024 * 1024;

/**
 * Takes in what a machine's log has grown by: bytes and offset in one commit. Answers whether anything came. The log's
 * first line must carry this run's token, or the file is foreign and stays untouched.
 */
export async function followLog(parts: Parts, link: Link, work: RunWork): Promise<boolean> {
  const path = logPath(work.key.id);
  const size = await link.size(path);
  const stored = await parts.store.runLogs.end(work.run.id);
  if (size === undefined || size === stored) return false;
  if (size < stored) {
    await noteShorterLog(parts, link, work, size);
    return false;
  }
  const bytes = await readGrown(link, path, stored, size);
  if (bytes.length === 0) return false;
  if (stored === 0 && !isOurs(bytes, work.key)) return false;
  await parts.store.runLogs.append(work.run.id, stored, bytes);
  parts.events.publish({ type: 'log', runId: work.run.id, endOffset: stored + bytes.length });
  return true;
}

/** 450 or 550 on a file that is known to exist means that somebody holds it open: later. */
async function readGrown(link: Link, path: string, fromByte: number, size: number): Promise<Uint8Array> {
  try {
    const bytes = await link.read(path, { fromByte, maxBytes: size - fromByte + READ_AT_ONCE_BYTES });
    return bytes.subarray(0, READ_AT_ONCE_BYTES);
  } catch (error) {
    const busy =
      error instanceof DomainError && (error.code === 'FILE_BUSY' || error.code === 'FILE_NOT_FOUND');
    if (busy) return new Uint8Array();
    throw error;
  }
}

function isOurs(bytes: Uint8Array, key: { id: string; token: string }): boolean {
  const start = `#fleet98 1 ${key.id} ${key.token} `;
  return Buffer.from(bytes.subarray(0, start.length)).toString('latin1') === start;
}

/** The machine has less than we hold: it lost power. What is committed here wins; the run says which case it was. */
async function noteShorterLog(parts: Parts, link: Link, work: RunWork, size: number): Promise<void> {
  if (work.run.flags.includes('machine-lost-log') || work.run.flags.includes('log-conflict')) return;
  const theirs = await readGrown(link, logPath(work.key.id), 0, size);
  const ours = await parts.store.runLogs.read(work.run.id, 0, theirs.length);
  const flag: RunFlag = crc32Hex(theirs) === crc32Hex(ours) ? 'machine-lost-log' : 'log-conflict';
  const flags = [...work.run.flags, flag];
  await parts.store.runs.update(work.run.id, { flags });
  work.run = { ...work.run, flags };
}
