import type { OutputChunk, TokenEvent } from '../domain/token-log.ts';

interface Piece {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** Bytes as text with one character per byte, so that positions in both are the same. */
export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/**
 * Output that may be text or not: records wait here until it is decided. A record is released whole or not at all,
 * because each one is one event with one time.
 */
export class HeldText {
  #pieces: Piece[] = [];
  #nextIndex = 0;
  #releasedBytes = 0;
  #content = '';

  /** What is held, one character per byte. */
  get content(): string {
    return this.#content;
  }

  get releasedBytes(): number {
    return this.#releasedBytes;
  }

  add(chunk: OutputChunk): void {
    if (chunk.bytes.length === 0) return;
    this.#pieces.push({ atMs: chunk.atMs, bytes: chunk.bytes });
    this.#content += latin1(chunk.bytes);
  }

  /** Takes out what is not text. */
  cut(from: number, to: number): void {
    let start = 0;
    const left: Piece[] = [];
    for (const piece of this.#pieces) {
      const first = Math.max(0, from - start);
      const last = Math.max(first, to - start);
      start += piece.bytes.length;
      const bytes = Buffer.concat([piece.bytes.subarray(0, first), piece.bytes.subarray(last)]);
      if (bytes.length > 0) left.push({ atMs: piece.atMs, bytes: new Uint8Array(bytes) });
    }
    this.#pieces = left;
    this.#content = this.#content.slice(0, from) + this.#content.slice(to);
  }

  /** The records that end at or before `end`, as events. */
  release(end: number): TokenEvent[] {
    let length = 0;
    let count = 0;
    for (const { bytes } of this.#pieces) {
      if (length + bytes.length > end) break;
      length += bytes.length;
      count += 1;
    }
    this.#content = this.#content.slice(length);
    this.#releasedBytes += length;
    return this.#pieces.splice(0, count).map((piece) => ({ index: this.#nextIndex++, ...piece }));
  }
}

/** Length of the longest end of `content` that one of the words may begin with. Case makes no difference. */
export function beginningAtEnd(content: string, words: readonly string[]): number {
  const lower = content.toLowerCase();
  let longest = 0;
  for (const word of words) {
    const wanted = word.toLowerCase();
    for (let length = Math.min(wanted.length - 1, lower.length); length > longest; length -= 1) {
      if (lower.endsWith(wanted.slice(0, length))) longest = length;
    }
  }
  return longest;
}

/** Where the line end directly before `position` begins; `position` itself when there is none. */
export function beforeLineEnd(content: string, position: number): number {
  if (content[position - 1] !== '\n') return position;
  return content[position - 2] === '\r' ? position - 2 : position - 1;
}
