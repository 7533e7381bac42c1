import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { systemCode } from './measure.ts';

const maxRecordBytes = 4_096;
const ringBytes = 64 * 1024;

export type LogState = 'written' | 'kept' | 'ring-full' | 'disk-full';

/**
 * The LOG of one run. Each block is written with the file opened and closed, so that its size and content are on the
 * disk for whoever reads it. What cannot be written now is kept in a ring of fixed size.
 */
export class LogFile {
  /** Whether records were left out because the LOG had reached its limit. */
  cut = false;
  readonly #path: string;
  readonly #maxBytes: number;
  #acceptedBytes = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #diskFull = false;

  constructor(path: string, firstLine: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#accept(Buffer.from(firstLine, 'latin1'));
    this.flush();
  }

  /** Adds what was read from one pipe at `atMs`, as records; says what became of it. */
  add(stream: 'o' | 'e', bytes: Buffer, atMs: number): LogState {
    for (let from = 0; from < bytes.length && !this.cut; from += maxRecordBytes) {
      const part = bytes.subarray(from, from + maxRecordBytes);
      const record = Buffer.concat([
        Buffer.from(`@${Number(atMs.toFixed(3))} ${stream} ${part.length}\n`, 'latin1'),
        part,
        Buffer.from('\n', 'latin1'),
      ]);
      if (this.#acceptedBytes + record.length > this.#maxBytes) this.cut = true;
      else this.#accept(record);
    }
    return this.flush();
  }

  /** Writes what is kept, if the file can be opened now. */
  flush(): LogState {
    if (this.#diskFull) return 'disk-full';
    if (this.#waiting.length === 0) return 'written';
    try {
      this.#write(Buffer.concat(this.#waiting));
      this.#waiting = [];
      this.#waitingBytes = 0;
      return 'written';
    } catch (error) {
      if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(systemCode(error))) {
        this.#diskFull = true;
        this.#waiting = [];
        return 'disk-full';
      }
      return this.#waitingBytes >= ringBytes ? 'ring-full' : 'kept';
    }
  }

  /** Gives up what is still kept, after the last chance to write it. */
  close(): void {
    if (this.flush() !== 'written') this.cut = true;
  }

  #accept(bytes: Buffer): void {
    this.#acceptedBytes += bytes.length;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  #write(bytes: Buffer): void {
    const descriptor = openSync(this.#path, 'a');
    try {
      const before = fstatSync(descriptor).size;
      try {
        for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
      } catch (error) {
        // A record is never cut: what went in of this block is taken out again.
        ftruncateSync(descriptor, before);
        throw error;
      }
    } finally {
      closeSync(descriptor);
    }
  }
}
