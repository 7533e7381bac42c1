/** A piece of what a program printed, as the agent's log has it. */
export interface LogRecord {
  readonly atMs: number;
  readonly stream: 'out' | 'err';
  readonly bytes: Uint8Array;
}

const LF = 0x0a;
const MAX_LINE_BYTES = 512;
const MAX_RECORD_BYTES = 4096;
const firstLine = /^#fleet98 1 /;
const headPattern = /^@(\d{1,15}(?:\.\d{1,3})?) ([oe]) (\d{1,4})$/;

/**
 * Reads the agent's log (docs/agent-protocol.md, part 6) in pieces of any size, for showing it. From the first place on
 * that makes no sense everything is given as output: a person may still make sense of it.
 */
export class LogRecords {
  #rest: Uint8Array = new Uint8Array();
  #state: 'first-line' | 'records' | 'anything' = 'first-line';
  #atMs = 0;

  push(bytes: Uint8Array): LogRecord[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const records: LogRecord[] = [];
    for (let record = this.#take(); record; record = this.#take()) records.push(record);
    return records;
  }

  #take(): LogRecord | undefined {
    if (this.#state === 'first-line' && !this.#takeFirstLine()) return undefined;
    if (this.#rest.length === 0) return undefined;
    return this.#state === 'records' ? this.#takeRecord() : this.#takeRest();
  }

  /** False while it is not whole. */
  #takeFirstLine(): boolean {
    const line = this.#line();
    if (line === undefined) return false;
    this.#state = firstLine.test(line) ? 'records' : 'anything';
    if (this.#state === 'records') this.#rest = this.#rest.subarray(line.length + 1);
    return true;
  }

  /** The line that the rest begins with; empty when it is too long to be one, undefined while it is not whole. */
  #line(): string | undefined {
    const end = this.#rest.subarray(0, MAX_LINE_BYTES).indexOf(LF);
    if (end < 0) return this.#rest.length < MAX_LINE_BYTES ? undefined : '';
    return Buffer.from(this.#rest.subarray(0, end)).toString('latin1');
  }

  #takeRecord(): LogRecord | undefined {
    const line = this.#line();
    if (line === undefined) return undefined;
    const [, ms, stream, length] = headPattern.exec(line) ?? [];
    const from = line.length + 1;
    const last = from + Number(length);
    if (ms === undefined || Number(length) > MAX_RECORD_BYTES) return this.#takeRest();
    // A record ends in a line end of its own.
    if (this.#rest.length <= last) return undefined;
    if (this.#rest[last] !== LF) return this.#takeRest();
    this.#atMs = Number(ms);
    const bytes = this.#rest.subarray(from, last);
    this.#rest = this.#rest.subarray(last + 1);
    return { atMs: this.#atMs, stream: stream === 'o' ? 'out' : 'err', bytes };
  }

  #takeRest(): LogRecord {
    const bytes = this.#rest;
    this.#state = 'anything';
    this.#rest = new Uint8Array();
    return { atMs: this.#atMs, stream: 'out', bytes };
  }
}
