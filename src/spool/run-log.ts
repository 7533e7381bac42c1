import type { OutputChunk } from '../domain/token-log.ts';
import { parseInteger, parseNumber } from './fields.ts';
import { isJobId, isToken } from './identifiers.ts';

/** First line of a LOG. */
export interface RunLogHeader {
  readonly id: string;
  readonly token: string;
  readonly clock: string;
  /** Smallest step of that clock, in microseconds. */
  readonly stepUs: number;
  readonly boot: number;
}

/** A whole record, and where in the LOG it ends. */
export interface RunLogRecord extends OutputChunk {
  readonly endOffset: number;
}

export interface RunLogPush {
  /** Known from the push that brought its last byte on. */
  readonly header?: RunLogHeader;
  /** The records that this push made whole. */
  readonly chunks: readonly RunLogRecord[];
  /** Why nothing more can be read; once said, it stays. */
  readonly damaged?: string;
}

/**
 * Reads a LOG as it comes, cut anywhere. It holds no more than one record. To go on after a restart, make a new one
 * and push the stored bytes again: the same bytes always give the same chunks, however they are cut.
 */
export interface RunLogDecoder {
  push(bytes: Uint8Array): RunLogPush;
  /** Bytes up to the end of the last whole record; the rest of what was pushed waits for more. */
  readonly completeBytes: number;
}

const MAX_HEADER_BYTES = 512;
const MAX_RECORD_HEAD_BYTES = 48;
const MAX_RECORD_BYTES = 4_096;
const MAX_MS = 1e12;
const MAX_STEP_US = 10_000_000;
const MAX_BOOT = 2 ** 40;
const NEWLINE = 0x0a;

function parseHeader(line: string): RunLogHeader | undefined {
  const [magic, version, id = '', token = '', ...pairs] = line.split(' ');
  if (magic !== '#fleet98' || version !== '1' || !isJobId(id) || !isToken(token)) return undefined;
  const value = (key: string): string | undefined =>
    pairs.find((pair) => pair.startsWith(`${key}=`))?.slice(key.length + 1);
  const clock = value('clock') ?? '';
  const stepUs = parseInteger(value('step_us'), 0, MAX_STEP_US);
  const boot = parseInteger(value('boot'), 0, MAX_BOOT);
  if (!/^[\x21-\x7e]{1,64}$/.test(clock) || stepUs === undefined || boot === undefined) return undefined;
  return { id, token, clock, stepUs, boot };
}

interface RecordHead {
  readonly atMs: number;
  readonly stream: OutputChunk['stream'];
  readonly sizeBytes: number;
}

function parseRecordHead(line: string): RecordHead | undefined {
  const parts = /^@(\S+) ([oe]) (\S+)$/.exec(line);
  const atMs = parseNumber(parts?.[1], 0, MAX_MS);
  const sizeBytes = parseInteger(parts?.[3], 1, MAX_RECORD_BYTES);
  if (atMs === undefined || sizeBytes === undefined) return undefined;
  return { atMs, stream: parts?.[2] === 'e' ? 'err' : 'out', sizeBytes };
}

class Decoder implements RunLogDecoder {
  #header: RunLogHeader | undefined;
  /** Set while the bytes of a record are awaited. */
  #record: RecordHead | undefined;
  #damaged: string | undefined;
  /** What came of the line or record under way. */
  #partial: Uint8Array[] = [];
  #partialBytes = 0;
  #pushedBytes = 0;
  #completeBytes = 0;

  get completeBytes(): number {
    return this.#completeBytes;
  }

  push(bytes: Uint8Array): RunLogPush {
    const chunks: RunLogRecord[] = [];
    let at = 0;
    while (at < bytes.length && this.#damaged === undefined) {
      at = this.#record ? this.#readRecord(this.#record, bytes, at, chunks) : this.#readLine(bytes, at);
      const isBetween = !this.#record && this.#partialBytes === 0 && this.#damaged === undefined;
      if (isBetween) this.#completeBytes = this.#pushedBytes + at;
    }
    this.#pushedBytes += bytes.length;
    return {
      ...(this.#header && { header: this.#header }),
      chunks,
      ...(this.#damaged !== undefined && { damaged: this.#damaged }),
    };
  }

  /** Reads on in a line; returns where the next thing begins. */
  #readLine(bytes: Uint8Array, at: number): number {
    const limit = this.#header ? MAX_RECORD_HEAD_BYTES : MAX_HEADER_BYTES;
    const end = Math.min(bytes.length, at + limit - this.#partialBytes);
    const newline = bytes.subarray(at, end).indexOf(NEWLINE);
    if (newline >= 0) {
      this.#keep(bytes.subarray(at, at + newline));
      this.#finishLine(this.#take().toString('latin1'));
      return at + newline + 1;
    }
    this.#keep(bytes.subarray(at, end));
    if (this.#partialBytes >= limit) {
      this.#damaged = this.#header ? 'a record has no head' : 'it has no first line';
    }
    return end;
  }

  #finishLine(line: string): void {
    if (this.#header) {
      this.#record = parseRecordHead(line);
      if (!this.#record) this.#damaged = 'the head of a record makes no sense';
    } else {
      this.#header = parseHeader(line);
      if (!this.#header) this.#damaged = 'the first line makes no sense';
    }
  }

  /** Reads on in a record's bytes and the line end that closes it; returns where the next thing begins. */
  #readRecord(record: RecordHead, bytes: Uint8Array, at: number, chunks: RunLogRecord[]): number {
    const end = Math.min(bytes.length, at + record.sizeBytes + 1 - this.#partialBytes);
    this.#keep(bytes.subarray(at, end));
    if (this.#partialBytes <= record.sizeBytes) return end;
    const whole = this.#take();
    this.#record = undefined;
    if (whole[record.sizeBytes] === NEWLINE) {
      const content = new Uint8Array(whole.subarray(0, record.sizeBytes));
      const endOffset = this.#pushedBytes + end;
      chunks.push({ atMs: record.atMs, stream: record.stream, bytes: content, endOffset });
    } else {
      this.#damaged = 'a record has another length than its head says';
    }
    return end;
  }

  /** Copies, because the caller may use its buffer again. */
  #keep(bytes: Uint8Array): void {
    this.#partial.push(new Uint8Array(bytes));
    this.#partialBytes += bytes.length;
  }

  #take(): Buffer {
    const whole = Buffer.concat(this.#partial);
    this.#partial = [];
    this.#partialBytes = 0;
    return whole;
  }
}

export const createRunLogDecoder = (): RunLogDecoder => new Decoder();
