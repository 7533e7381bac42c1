import type { DiskEntry } from './disk.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const halfYearMs = 182 * 86_400_000;

const two = (value: number): string => String(value).padStart(2, '0');

/** One LIST line as Windows servers print it; dates in UTC. */
export function dosLine({ name, size, mtime, isDirectory }: DiskEntry): string {
  const hour = mtime.getUTCHours();
  const date = [mtime.getUTCMonth() + 1, mtime.getUTCDate(), mtime.getUTCFullYear() % 100].map(two).join('-');
  const time = `${two(hour % 12 || 12)}:${two(mtime.getUTCMinutes())}${hour < 12 ? 'AM' : 'PM'}`;
  const middle = isDirectory() ? '     <DIR>         ' : String(size).padStart(19);
  return `${date}  ${time}  ${middle} ${name}`;
}

/** One LIST line as Unix servers print it; English months, dates in UTC. */
export function unixLine({ name, size, mtime, isDirectory }: DiskEntry, nowMs: number): string {
  const isRecent = Math.abs(nowMs - mtime.getTime()) < halfYearMs;
  const last = isRecent
    ? `${two(mtime.getUTCHours())}:${two(mtime.getUTCMinutes())}`
    : ` ${mtime.getUTCFullYear()}`;
  const date = `${months[mtime.getUTCMonth()]} ${String(mtime.getUTCDate()).padStart(2)} ${last}`;
  return `${isDirectory() ? 'd' : '-'}rwxr-xr-x   1 ftp      ftp  ${String(size).padStart(13)} ${date} ${name}`;
}

/** A time as MDTM tells it: YYYYMMDDHHMMSS in UTC. */
export function ftpTime(time: Date): string {
  return time.toISOString().replace(/\D/g, '').slice(0, 14);
}
