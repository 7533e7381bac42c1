import { open, type FileHandle } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { asDiskError, DiskError, diskFull } from './disk-error.ts';
import type { Passage } from './passage.ts';

/** Emitted when a stream's file is closed; `close` is not it, since ftp-srv emits that by hand. */
export const fileClosed = 'file-closed';

/** How a file is opened for an upload. */
export interface WriteMode {
  readonly flags: 'w' | 'r+' | 'a';
  /** Undefined: appends to the end. */
  readonly fromByte: number | undefined;
  /** How many bytes the disk takes from a position of the file on; null: from its end. */
  readonly room: (file: FileHandle, position: number | null) => Promise<number>;
}

/** Writes a file at the PC's speed. An error or a reset leaves what was written so far; nothing is ever removed. */
export class DiskWriter extends Writable {
  readonly #path: string;
  readonly #mode: WriteMode;
  readonly #passage: Passage;
  #position: number | null;
  #handle: FileHandle | undefined;

  constructor(path: string, mode: WriteMode, passage: Passage) {
    super({ highWaterMark: passage.sliceBytes });
    this.#path = path;
    this.#mode = mode;
    this.#position = mode.fromByte ?? null;
    this.#passage = passage;
    // ftp-srv emits `close` by hand to say that the data connection has ended.
    this.once('close', () => this.end());
  }

  override _construct(callback: (error?: Error | null) => void): void {
    open(this.#path, this.#mode.flags).then(
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
    closeThen(this.#handle, () => {
      callback(error);
      this.emit(fileClosed);
    });
  }

  async #store(chunk: Buffer): Promise<void> {
    for (let from = 0; from < chunk.length;) {
      const slice = chunk.subarray(from, from + this.#passage.sliceBytes);
      const passing = await this.#passage.take(slice.length);
      await this.#write(slice.subarray(0, passing));
      if (passing < slice.length) {
        this.#passage.breakLink();
        throw new DiskError('Connection lost');
      }
      from += slice.length;
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined) return;
    const room = await this.#mode.room(handle, this.#position);
    const fitting = bytes.subarray(0, Math.max(0, room));
    for (let done = 0; done < fitting.length;) {
      const { bytesWritten } = await handle.write(fitting, done, fitting.length - done, this.#position);
      done += bytesWritten;
      if (this.#position !== null) this.#position += bytesWritten;
    }
    if (fitting.length < bytes.length) throw new DiskError(diskFull);
  }
}

/** Reads a file from an offset at the PC's speed. */
export class DiskReader extends Readable {
  readonly #path: string;
  readonly #passage: Passage;
  #position: number;
  #isCut = false;
  #handle: FileHandle | undefined;

  constructor(path: string, fromByte: number, passage: Passage) {
    super({ highWaterMark: Math.min(passage.sliceBytes, 256 * 1024) });
    // Whoever listened for it may be gone with the link that this breaks.
    this.on('error', () => {});
    this.#path = path;
    this.#position = fromByte;
    this.#passage = passage;
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
    closeThen(this.#handle, () => {
      callback(error);
      this.emit(fileClosed);
    });
  }

  async #load(size: number): Promise<Buffer | null> {
    // Not sooner: what was read before is on its way by now.
    if (this.#isCut) {
      this.#passage.breakLink();
      throw new DiskError('Connection lost');
    }
    const bytes = Buffer.allocUnsafe(size);
    const read = await this.#handle?.read(bytes, 0, size, this.#position);
    const count = read?.bytesRead ?? 0;
    if (count === 0) return null;
    const passing = await this.#passage.take(count);
    this.#position += passing;
    this.#isCut = passing < count;
    return passing === 0 ? this.#load(size) : bytes.subarray(0, passing);
  }
}

function closeThen(handle: FileHandle | undefined, done: () => void): void {
  if (handle === undefined) done();
  else handle.close().then(done, done);
}
