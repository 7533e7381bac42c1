import {
  existsSync,
  fsyncSync,
  openSync,
  closeSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobHead } from './jobs.ts';
import { isMissing } from './measure.ts';
import { writeText, type TextLine } from './spool-text.ts';

/** The most that an END has beside its files, and for each of these. */
const endBytes = 2_048;
const fileLineBytes = 48;

/** The paths of one job's files in a spool. */
export function jobPaths(folder: string, id: string) {
  const out = (ending: string): string => join(folder, 'OUT', `${id}.${ending}`);
  return {
    job: join(folder, 'IN', `${id}.JOB`),
    run: join(folder, 'RUN', `${id}.RUN`),
    log: out('LOG'),
    temporary: out('TMP'),
    end: out('END'),
    kept: (number: number): string => out(`K${number}`),
  } as const;
}

/** Makes a file before the job starts in which its END fits when the disk is full later, with lines for so many files. */
export function prepareEnd(folder: string, id: string, files: number): void {
  const path = jobPaths(folder, id).temporary;
  const descriptor = openSync(path, 'w');
  try {
    writeSync(descriptor, Buffer.alloc(endBytes + fileLineBytes * files, ' '));
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Publishes a job's END over its prepared file, then removes its RUN file. */
export async function publishEnd(
  folder: string,
  head: JobHead,
  reason: string,
  lines: readonly TextLine[],
): Promise<void> {
  const paths = jobPaths(folder, head.id);
  const bytes = writeText([
    ['v', 1],
    ['id', head.id],
    ['token', head.token],
    ['daemon', head.daemon],
    ['kind', head.kind],
    ['reason', reason],
    ...lines,
  ]);
  if (!existsSync(paths.temporary)) writeFileSync(paths.temporary, '');
  const handle = await open(paths.temporary, 'r+');
  try {
    await handle.write(bytes, 0, bytes.length, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (existsSync(paths.end)) rmSync(paths.temporary);
  else renameSync(paths.temporary, paths.end);
  rmSync(paths.run, { force: true });
}

/** As `flushFile`, for the few bytes of a job, as far as it can be done: the file is another user's. */
export function flushFileNow(path: string): void {
  try {
    const descriptor = openSync(path, 'r+');
    fsyncSync(descriptor);
    closeSync(descriptor);
  } catch {
    // It can be claimed all the same.
  }
}

/** Makes sure that a file's bytes are on the disk; a missing file is fine. */
export async function flushFile(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
