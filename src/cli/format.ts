import { visibleLine } from './visible.ts';

export type Cell = string | number | undefined;

/** Rows as columns under their heads; numbers are set to the right, text of machines is made harmless. */
export function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map((cell) => visibleLine(String(cell ?? '-'))));
  const widths = heads.map((head, at) => Math.max(head.length, ...texts.map((row) => row[at]?.length ?? 0)));
  const isNumeric = heads.map((_, at) => rows.some((row) => typeof row[at] === 'number'));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (isNumeric[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return `${[heads, ...texts].map(line).join('\n')}\n`;
}

/** Names and values, one line each; those without a value are left out. */
export function facts(entries: readonly (readonly [string, Cell])[]): string {
  const there = entries.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...there.map(([name]) => name.length));
  return there.map(([name, value]) => `${name.padEnd(width)}  ${visibleLine(String(value))}\n`).join('');
}

const units = ['B', 'KB', 'MB', 'GB', 'TB'];

export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const BAR_CELLS = 24;

/** A share from 0 to 1 as `[####....]`. */
export function bar(share: number): string {
  const full = Math.round(share * BAR_CELLS);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_CELLS - full)}]`;
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Three figures that matter: 0.0093, 1.02, 35.9, 120. */
export function rate(perSecond: number): string {
  return perSecond >= 99.95 ? String(Math.round(perSecond)) : String(Number(perSecond.toPrecision(3)));
}

/** `1 machine`, `2 machines`. */
export const machineCount = (count: number): string => `${count} machine${count === 1 ? '' : 's'}`;

export const when = (iso: string | undefined): string | undefined =>
  iso?.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');

const two = (number: number): string => String(number).padStart(2, '0');

/** The time of day where the reader is, with the day when it is not today. */
export function clockTime(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}
