import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { onHost } from './host-errors.ts';
import type { Download } from './view.ts';
import { ViewRefusal } from './view.ts';

const chunkBytes = 65_536;

// Windows has the latter two not, where undefined counts as 0; there the folder was checked just before.
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** A plain file of the host, from an offset on. No link, and nothing that blocks when it is opened. */
export async function openDownload(file: string, offset: number): Promise<Download> {
  const handle = await onHost(() => open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new ViewRefusal('not-a-file');
    if (offset > stats.size) throw new ViewRefusal('bad-offset');
    return {
      size: stats.size,
      chunks: () => chunksOf(handle, offset),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A chunk is valid until the next one is asked for. */
async function* chunksOf(handle: FileHandle, offset: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (let at = offset; ;) {
    const { bytesRead } = await onHost(() => handle.read(buffer, 0, chunkBytes, at));
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
