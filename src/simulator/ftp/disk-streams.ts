import { open, type FileHandle } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { asDiskError } from './disk-error.ts';
import type { Pace } from './pace.ts';

/** Writes a file at the PC's speed. An error or a reset leaves what was written so far; nothing is ever removed. */
export class DiskWriter extends Writable {
  readonly #path: string;
  readonly #flags: string;
  readonly #pace: Pace;
  #position: number | null;
  #handle: FileHandle | undefined;

  /** `fromByte` undefined: appends to the end. */
  constructor(path: string, flags: 'w' | 'r+' | 'a', fromByte: number | undefined, pace: Pace) {
    super({ highWaterMark: pace.sliceBytes });
    this.#path = path;
    this.#flags = flags;
    this.#position = fromByte ?? null;
    this.#pace = pace;
    // ftp-srv emits `close` by hand to say that the data connection has ended.
    this.once('close', () => this.end());
  }

  override _construct(callback: (error?: Error | null) => void): void {
    open(this.#path, this.#flags).then(
      (handle) => {
        this.#handle = handle;
        callback();
      },
      (error: unknown) => callback(asDiskError(error)),
    );
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#store(chunk).then(
      () => callback(),
      (error: unknown) => callback(asDiskError(error)),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    closeThen(this.#handle, () => callback(error));
  }

  async #store(chunk: Buffer): Promise<void> {
    for (let from = 0; from < chunk.length; from += this.#pace.sliceBytes) {
      const slice = chunk.subarray(from, from + this.#pace.sliceBytes);
      await this.#pace.take(slice.length);
      for (let done = 0; done < slice.length;) {
        const { bytesWritten } = (await this.#handle?.write(
          slice,
          done,
          slice.length - done,
          this.#position,
        )) ?? {
          bytesWritten: slice.length,
        };
        done += bytesWritten;
        if (this.#position !== null) this.#position += bytesWritten;
      }
    }
  }
}

/** Reads a file from an offset at the PC's speed. */
export class DiskReader extends Readable {
  readonly #path: string;
  readonly #pace: Pace;
  #position: number;
  #handle: FileHandle | undefined;

  constructor(path: string, fromByte: number, pace: Pace) {
    super({ highWaterMark: Math.min(pace.sliceBytes, 256 * 1024) });
    this.#path = path;
    this.#position = fromByte;
    this.#pace = pace;
  }

  override _construct(callback: (error?: Error | null) => void): void {
    open(this.#path, 'r').then(
      (handle) => {
        this.#handle = handle;
        callback();
      },
      (error: unknown) => callback(asDiskError(error)),
    );
  }

  override _read(size: number): void {
    this.#load(size).then(
      (bytes) => this.push(bytes),
      (error: unknown) => this.destroy(asDiskError(error)),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    closeThen(this.#handle, () => callback(error));
  }

  async #load(size: number): Promise<Buffer | null> {
    const bytes = Buffer.allocUnsafe(size);
    const read = await this.#handle?.read(bytes, 0, size, this.#position);
    const count = read?.bytesRead ?? 0;
    if (count === 0) return null;
    this.#position += count;
    await this.#pace.take(count);
    return bytes.subarray(0, count);
  }
}

function closeThen(handle: FileHandle | undefined, done: () => void): void {
  if (handle === undefined) done();
  else handle.close().then(done, done);
}
