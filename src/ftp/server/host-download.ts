import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { onHost } from './host-errors.ts';
import type { Download } from './view.ts';
import { ViewRefusal } from './view.ts';

const chunkBytes = 131_072;

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

/** A chunk is valid until the next one is asked for. While it is sent, the one after it is read. */
async function* chunksOf(handle: FileHandle, offset: number): AsyncGenerator<Uint8Array> {
  let [buffer, other] = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)];
  let reading = readAt(handle, buffer, offset);
  try {
    for (let at = offset; ;) {
      const bytes = await reading;
      if (bytes === 0) return;
      at += bytes;
      const full = buffer;
      [buffer, other] = [other, buffer];
      reading = readAt(handle, buffer, at);
      yield full.subarray(0, bytes);
    }
  } finally {
    // Nobody may close the file under a read.
    await reading.catch(() => {});
  }
}

function readAt(handle: FileHandle, buffer: Buffer, at: number): Promise<number> {
  const reading = onHost(async () => (await handle.read(buffer, 0, buffer.length, at)).bytesRead);
  // It may fail before anybody waits for it.
  reading.catch(() => {});
  return reading;
}
