import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Artifact } from '../contract/artifacts.ts';
import type { Client } from './client.ts';
import { UsageError } from './failures.ts';
import type { Output } from './io.ts';
import { showTransfer } from './transfer-progress.ts';
import { visibleLine } from './visible.ts';

// Large pieces: the default of 64 KiB costs time with checkpoints.
const READ_BYTES = 262_144;

/** Sends a file to the daemon and shows how far it is; bytes that it knows already make no second copy. */
export async function uploadFile(client: Client, path: string, output: Output): Promise<Artifact> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new UsageError(`${visibleLine(path)} is not a file`);
  const source = createReadStream(path, { highWaterMark: READ_BYTES });
  const filename = basename(path);
  const sizeBytes = found.size;
  return await showTransfer(output, { name: filename, totalBytes: sizeBytes }, source, (bytes) =>
    client.call('putArtifact', { params: { filename }, file: { bytes, sizeBytes } }),
  );
}
