import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Artifact } from '../contract/artifacts.ts';
import type { Client } from './client.ts';
import { UsageError } from './failures.ts';
import { visibleLine } from './visible.ts';

// Large pieces: the default of 64 KiB costs time with checkpoints.
const READ_BYTES = 262_144;

/** Sends a file to the daemon; bytes that it knows already make no second copy. */
export async function uploadFile(client: Client, path: string): Promise<Artifact> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new UsageError(`${visibleLine(path)} is not a file`);
  return await client.call('putArtifact', {
    params: { filename: basename(path) },
    file: { bytes: createReadStream(path, { highWaterMark: READ_BYTES }), sizeBytes: found.size },
  });
}
