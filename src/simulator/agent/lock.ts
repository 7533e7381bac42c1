import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from './measure.ts';

/** Another agent holds the spool. */
export class SpoolLocked extends Error {
  override readonly name = 'SpoolLocked';
}

/** Takes AGENT.LCK of a spool, also from an agent that is gone; throws SpoolLocked when one lives. Returns the release. */
export function takeLock(folder: string): () => void {
  const path = join(folder, 'AGENT.LCK');
  const mine = `pid=${process.pid}\r\nstart=${processStart(process.pid) ?? ''}\r\n`;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (createExclusively(path, mine)) return () => rmSync(path, { force: true });
    const found = readOrNothing(path);
    if (found === undefined) continue;
    if (isHeld(found)) break;
    removeStale(folder, path, found);
  }
  throw new SpoolLocked(`another agent holds ${path}`);
}

function createExclusively(path: string, text: string): boolean {
  try {
    const descriptor = openSync(path, 'wx');
    writeSync(descriptor, text);
    closeSync(descriptor);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function isHeld(text: string): boolean {
  const pid = Number(/^pid=(\d+)/m.exec(text)?.[1] ?? 0);
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
  }
  const start = /^start=(\d+)/m.exec(text)?.[1];
  const now = processStart(pid);
  return start === undefined || now === undefined || start === now;
}

/** Moves the lock aside first: if another agent was quicker, what was moved is its lock, and it is put back. */
function removeStale(folder: string, path: string, stale: string): void {
  const aside = join(folder, `${process.pid.toString(36).toUpperCase()}.OLD`);
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'latin1') !== stale) linkSync(aside, path);
  } catch {
    // The other agent removed or replaced the file meanwhile; the next attempt sees what is there now.
  }
  rmSync(aside, { force: true });
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** When a process was started, in the kernel's ticks: tells it from a later one with the same number. Linux only. */
function processStart(pid: number): string | undefined {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  // The second field is a name in brackets that may hold spaces; the start time is field 22.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
