import { closeSync, openSync, readFileSync, realpathSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemClock } from './clock.ts';
import { randomHex } from './random-id.ts';

export interface PidLock {
  release(): void;
}

/** Longest time between another process's making of its lock file and its writing of the line in it. */
const WRITE_GRACE_MS = 200;
const MAX_ATTEMPTS = 20;

/** Locks that this very process holds: to the file they look like anybody's with our id. */
const heldHere = new Set<string>();

/**
 * Takes the lock file `path`, or answers the id of the live process that holds it. The lock of a process that is gone is
 * taken over. It keeps apart processes of one system; it cannot see into another container. The folder must exist.
 */
export async function takePidLock(path: string): Promise<PidLock | { readonly heldBy: number }> {
  const file = join(realpathSync(dirname(path)), basename(path));
  if (heldHere.has(file)) return { heldBy: process.pid };
  heldHere.add(file);
  try {
    const heldBy = await writeOrFindHolder(file);
    if (heldBy !== undefined) {
      heldHere.delete(file);
      return { heldBy };
    }
  } catch (error) {
    heldHere.delete(file);
    throw error;
  }
  return {
    release: () => {
      if (heldHere.delete(file)) rmSync(file, { force: true });
    },
  };
}

async function writeOrFindHolder(file: string): Promise<number | undefined> {
  for (let attempt = 1; ; attempt++) {
    const inTheWay = create(file);
    if (!inTheWay) return undefined;
    // Others may come and go in between, but not for ever: then it is no lock file that is in the way.
    if (attempt === MAX_ATTEMPTS) throw inTheWay;
    const before = read(file);
    if (before === undefined) continue;
    const holder = holderOf(before);
    if (holder !== undefined && isAlive(holder)) return holder.pid;
    // A file without its line may be another process's that is just about to write it.
    if (holder === undefined) {
      await systemClock.sleep(WRITE_GRACE_MS);
      if (read(file) !== before) continue;
    }
    removeStale(file, before);
  }
}

/** Answers the error when something of that name is there. */
function create(file: string): Error | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'wx', 0o600);
  } catch (error) {
    if (error instanceof Error && isCode(error, 'EEXIST')) return error;
    throw error;
  }
  try {
    writeSync(descriptor, `${process.pid} ${startOf(process.pid) ?? '-'}\n`);
  } finally {
    closeSync(descriptor);
  }
  return undefined;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Two processes may find the same stale lock: it is moved aside first, and put back if it is no longer that one. */
function removeStale(file: string, expected: string): void {
  const aside = `${file}.${randomHex(4)}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  if (read(aside) === expected) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

interface Holder {
  readonly pid: number;
  readonly start: string;
}

function holderOf(text: string): Holder | undefined {
  const [, pid, start] = /^(\d{1,10}) (\S{1,30})\n$/.exec(text) ?? [];
  return pid === undefined || start === undefined ? undefined : { pid: Number(pid), start };
}

function isAlive({ pid, start }: Holder): boolean {
  // Our own id in a file that we do not hold is left from an earlier process: in a container ids repeat at each start.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if (!isCode(error, 'EPERM')) return false;
  }
  const startNow = startOf(pid);
  return startNow === undefined || start === '-' || startNow === start;
}

/** When a process was started, in ticks since the system's start; tells it from a later one with the same id. */
function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets and may hold anything, so counting starts behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
