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

const paddingBytes = 2_048;

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

/** Makes the END's file before the job starts, so that it fits when the disk is full later. */
export function prepareEnd(folder: string, id: string): void {
  const path = jobPaths(folder, id).temporary;
  const descriptor = openSync(path, 'w');
  try {
    writeSync(descriptor, Buffer.alloc(paddingBytes, ' '));
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
