import { constants } from 'node:fs';
import { copyFile, mkdir, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { onHost } from './host-errors.ts';
import type { Upload } from './view.ts';
import { ViewRefusal } from './view.ts';

/** What an upload begins from: nothing, what is kept of a broken one, or the first bytes of the old file. */
export type UploadBase =
  | { readonly from: 'nothing' }
  | { readonly from: 'part'; readonly bytes: number }
  | { readonly from: 'file'; readonly bytes: number; readonly file: string };

export interface UploadHost {
  /** Makes room for bytes to come; refused as `quota`. */
  grow(bytes: number): Promise<void>;
  /** Gives the closed part the file's name. */
  publish(upload: HostUpload): Promise<void>;
  /** The upload is over. */
  release(upload: HostUpload): void;
}

const FLUSH_BYTES = 16 * 1024 * 1024;

// Windows lacks the last one, where undefined counts as 0.
const { O_RDWR, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;

/** A part file on the host. Nothing is touched before the first byte or the end has come. */
export class HostUpload implements Upload {
  readonly part: string;
  readonly #base: UploadBase;
  readonly #host: UploadHost;
  #handle: FileHandle | undefined;
  #at = 0;
  #wasOpened = false;
  #isTaken = false;
  /** Written since the last flush began. */
  #unflushed = 0;
  #isFlushing = false;
  #flushed: Promise<void> = Promise.resolve();
  /** The write under way. */
  #pending: Promise<unknown> = Promise.resolve();

  constructor(part: string, base: UploadBase, host: UploadHost) {
    this.part = part;
    this.#base = base;
    this.#host = host;
  }

  /** Refuses every further step: another session writes this file now. Resolves when nothing more is written. */
  async takeOver(): Promise<void> {
    this.#isTaken = true;
    await this.#pending.catch(() => {});
    await this.#close();
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#step(async () => {
      const handle = await this.#opened();
      await this.#host.grow(bytes.length);
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, this.#at);
        done += bytesWritten;
        this.#at += bytesWritten;
      }
      this.#unflushed += bytes.length;
      if (this.#unflushed >= FLUSH_BYTES && !this.#isFlushing) await this.#flush(handle);
    });
  }

  /** Begins to bring to the disk what is there, while more comes: the client then waits less for the last answer. */
  async #flush(handle: FileHandle): Promise<void> {
    // An error is told once only, so that of the flush before must not be lost.
    await this.#flushed;
    this.#unflushed = 0;
    this.#isFlushing = true;
    this.#flushed = handle.datasync().finally(() => {
      this.#isFlushing = false;
    });
    this.#flushed.catch(() => {});
  }

  sync(): Promise<void> {
    return this.#step(async () => {
      const handle = await this.#opened();
      await this.#flushed;
      await handle.sync();
    });
  }

  async publish(): Promise<void> {
    this.checkOwn();
    await this.#close();
    await onHost(() => this.#host.publish(this));
    this.#host.release(this);
  }

  async keep(): Promise<void> {
    await this.#pending.catch(() => {});
    await this.#close();
    // With no byte there is nothing to go on from.
    const isEmpty = this.#wasOpened && this.#base.from === 'nothing' && this.#at === 0;
    if (isEmpty && !this.#isTaken) await rm(this.part, { force: true });
    this.#host.release(this);
  }

  /** Refused as `busy` once another session has taken it over. */
  checkOwn(): void {
    if (this.#isTaken) throw new ViewRefusal('busy');
  }

  #step(work: () => Promise<void>): Promise<void> {
    this.checkOwn();
    const done = onHost(work);
    this.#pending = done;
    return done;
  }

  async #opened(): Promise<FileHandle> {
    if (this.#handle !== undefined) return this.#handle;
    const base = this.#base;
    await mkdir(dirname(this.part), { recursive: true });
    if (base.from === 'file') {
      await this.#host.grow(base.bytes);
      // Another name for an open link would be followed; a part is never one.
      await rm(this.part, { force: true });
      await copyFile(base.file, this.part, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    }
    const fresh = base.from === 'nothing' ? O_CREAT | O_TRUNC : 0;
    const handle = await open(this.part, O_RDWR | O_NOFOLLOW | fresh);
    this.#handle = handle;
    this.#wasOpened = true;
    if (base.from !== 'nothing') {
      await handle.truncate(base.bytes);
      this.#at = base.bytes;
    }
    return handle;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}
