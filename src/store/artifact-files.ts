import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { DomainError } from '../domain/errors.ts';
import { syncFolder } from '../lib/atomic-file.ts';
import { crc32Hex } from '../lib/crc32.ts';
import { randomHex } from '../lib/random-id.ts';
import { asStoreError } from './trouble.ts';

const HEAD_BYTES = 4 * 1024;
const PIECE_BYTES = 64 * 1024;

export interface ReceivedFile {
  readonly sha256: string;
  /** 8 upper-case hex digits. */
  readonly crc32: string;
  readonly sizeBytes: number;
  /** The first 4 KiB. */
  readonly head: Uint8Array;
}

export interface ReceiveOptions {
  readonly maxBytes: number;
  /** What the sender said it would send; another number of bytes is UPLOAD_CUT. */
  readonly expectedBytes?: number | undefined;
}

/** Files by the sha256 of their bytes, below one folder: `ab/cdef…`. */
export class ArtifactFiles {
  readonly #folder: string;
  readonly #temporary: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#temporary = join(folder, 'tmp');
  }

  /** Makes the folder, and removes what an upload left there when the daemon was killed. */
  static async open(folder: string): Promise<ArtifactFiles> {
    const files = new ArtifactFiles(folder);
    await mkdir(files.#temporary, { recursive: true, mode: 0o700 });
    for (const name of await readdir(files.#temporary)) {
      await rm(join(files.#temporary, name), { force: true, recursive: true });
    }
    return files;
  }

  /**
   * Takes a file in and answers when it is safe on the disk. Throws UPLOAD_CUT when the source fails or ends too early or
   * late, BODY_TOO_LARGE, STORE_FULL; then nothing is kept. A file that is there already is received again without harm.
   */
  async receive(source: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<ReceivedFile> {
    const temporary = join(this.#temporary, randomHex(8));
    try {
      const received = await writeAll(temporary, source, options);
      await this.#commit(temporary, received.sha256);
      return received;
    } catch (error) {
      await rm(temporary, { force: true });
      throw asStoreError(error);
    }
  }

  /** All bytes. The stream fails with NOT_FOUND when there is no such file. */
  open(sha256: string): Readable {
    return Readable.from(copied(this.pieces(sha256)), { objectMode: false, highWaterMark: 1 });
  }

  /**
   * The bytes from `fromByte` on, for a reader that is done with a piece when it asks for the one after the next: then it
   * is overwritten. Buffers of their own would be memory that stays taken until V8 looks for garbage. Throws NOT_FOUND.
   */
  async *pieces(sha256: string, fromByte = 0): AsyncGenerator<Uint8Array, void, undefined> {
    const handle = await this.#openFile(sha256);
    try {
      let [buffer, before] = [new Uint8Array(PIECE_BYTES), new Uint8Array(PIECE_BYTES)];
      for (let offset = fromByte, length = PIECE_BYTES; length === PIECE_BYTES; offset += length) {
        [buffer, before] = [before, buffer];
        length = await fill(handle, buffer, offset);
        if (length > 0) yield buffer.subarray(0, length);
      }
    } finally {
      await handle.close();
    }
  }

  /** At most `length` bytes; fewer at the end of the file. Throws NOT_FOUND. */
  async readAt(sha256: string, offset: number, length: number): Promise<Uint8Array> {
    const handle = await this.#openFile(sha256);
    try {
      const { size } = await handle.stat();
      const buffer = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      return buffer.subarray(0, await fill(handle, buffer, offset));
    } finally {
      await handle.close();
    }
  }

  async has(sha256: string): Promise<boolean> {
    try {
      return (await stat(this.#pathOf(sha256))).isFile();
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  #pathOf(sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new DomainError('BUG', 'a sha256 has 64 lower-case hex digits');
    return join(this.#folder, sha256.slice(0, 2), sha256.slice(2));
  }

  async #commit(temporary: string, sha256: string): Promise<void> {
    const path = this.#pathOf(sha256);
    const folder = join(this.#folder, sha256.slice(0, 2));
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncFolder(this.#folder);
    await rename(temporary, path);
    await syncFolder(folder);
  }

  async #openFile(sha256: string): Promise<FileHandle> {
    try {
      return await open(this.#pathOf(sha256), 'r');
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new DomainError('NOT_FOUND', `there is no file with sha256 ${sha256}`, { cause: error });
    }
  }
}

async function* copied(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) yield piece.slice();
}

async function writeAll(
  path: string,
  source: AsyncIterable<Uint8Array>,
  { maxBytes, expectedBytes }: ReceiveOptions,
): Promise<ReceivedFile> {
  const hash = createHash('sha256');
  const head: Uint8Array[] = [];
  let crc32 = crc32Hex(new Uint8Array());
  let sizeBytes = 0;
  const handle = await open(path, 'wx', 0o600);
  try {
    for await (const bytes of cutAsDomainError(source)) {
      if (sizeBytes < HEAD_BYTES) head.push(bytes.slice(0, HEAD_BYTES - sizeBytes));
      sizeBytes += bytes.length;
      if (sizeBytes > maxBytes) {
        throw new DomainError('BODY_TOO_LARGE', `the file has more than ${maxBytes} bytes`);
      }
      hash.update(bytes);
      crc32 = crc32Hex(bytes, crc32);
      await handle.writeFile(bytes);
    }
    if (expectedBytes !== undefined && sizeBytes !== expectedBytes) {
      throw new DomainError('UPLOAD_CUT', `${sizeBytes} bytes came where ${expectedBytes} were promised`);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest('hex'), crc32, sizeBytes, head: new Uint8Array(Buffer.concat(head)) };
}

/** What the source throws is the sender's trouble; what the writing throws is ours and passes by this. */
async function* cutAsDomainError(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError('UPLOAD_CUT', 'the upload stopped before its end', { cause: error });
  }
}

/** Reads until the buffer is full or the file ends; answers the count. */
async function fill(handle: FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
