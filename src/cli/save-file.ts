import { writeFile } from 'node:fs/promises';
import { UsageError } from './failures.ts';
import { visibleLine } from './visible.ts';

/** Writes what somebody asked for where they asked for it; UsageError when that cannot be. `mode`: who may read it. */
export async function saveFile(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  try {
    await writeFile(path, bytes, { ...(mode !== undefined && { mode }) });
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new UsageError(`${visibleLine(path)} cannot be written${why}`);
  }
}
