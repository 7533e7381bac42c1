import { readFileSync, writeFileSync } from 'node:fs';

/** What a process uses, as Linux tells it in /proc; undefined on other systems. */

const CLOCK_TICKS_PER_SECOND = 100;

/** Memory that is in RAM now, in bytes. */
export const residentBytes = (pid: number): number | undefined => statusBytes(pid, 'VmRSS');

/** The most memory that was in RAM since `forgetPeak`, in bytes. */
export const peakResidentBytes = (pid: number): number | undefined => statusBytes(pid, 'VmHWM');

/** Starts the peak anew. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Then the peak counts from the start of the process, which is never less.
  }
}

/** Processor time of all threads, in seconds. */
export function cpuSeconds(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The name in brackets may hold blanks; user and system time are the 12th and 13th fields behind it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields?.[11]), Number(fields?.[12])];
  return Number.isNaN(user + system) ? undefined : (user + system) / CLOCK_TICKS_PER_SECOND;
}

function statusBytes(pid: number, key: string): number | undefined {
  const kilobytes = new RegExp(`^${key}:\\s*(\\d+) kB$`, 'm').exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
