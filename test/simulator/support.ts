import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** A folder of its own for one test, removed at the test's end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-sim-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Looks again and again until `look` gives something; fails after the deadline. */
export async function eventually<T>(look: () => T | undefined | false, what: string): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not seen in time: ${what}`);
    await delay(10);
  }
}

export const token = '00000000000000A1';
export const daemon = '00000000000000D1';

/** Puts a job into a spool the way a daemon does: under a temporary name, then renamed. */
export function putJob(spool: string, id: string, kind: string, lines: readonly string[]): void {
  mkdirSync(join(spool, 'IN'), { recursive: true });
  const text = [
    'v=1',
    `kind=${kind}`,
    `id=${id}`,
    `token=${token}`,
    `daemon=${daemon}`,
    ...lines,
    'eof=1',
    '',
  ];
  writeFileSync(join(spool, 'IN', `${id}.TMP`), text.join('\r\n'));
  renameSync(join(spool, 'IN', `${id}.TMP`), join(spool, 'IN', `${id}.JOB`));
}

/** The `key=value` lines of a text file up to `eof=1`; undefined while it is not whole. Values stay encoded. */
export function wholeText(path: string): readonly string[] | undefined {
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, 'latin1').split('\r\n');
  const end = lines.indexOf('eof=1');
  return end < 0 ? undefined : lines.slice(0, end);
}

/** Waits until a job has ended and its RUN file is gone; returns the END's lines. */
export async function endOf(spool: string, id: string): Promise<readonly string[]> {
  const lines = await eventually(() => wholeText(join(spool, 'OUT', `${id}.END`)), `END of ${id}`);
  await eventually(() => !existsSync(join(spool, 'RUN', `${id}.RUN`)), `RUN of ${id} removed`);
  return lines;
}

/** A bundle folder that is placed, with these scripts in it. */
export function putBundle(spool: string, name: string, files: Readonly<Record<string, string>>): void {
  const folder = join(spool, 'B', name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  writeFileSync(join(folder, 'BUNDLE.OK'), 'v=1\r\neof=1\r\n');
}

/** Whether a process of this host still runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that ended but was not yet collected by its parent counts as gone.
  return !/^State:\s+Z/m.test(
    existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'latin1') : '',
  );
}
