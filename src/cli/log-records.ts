/** A piece of what a program printed, as the agent's log has it. */
export interface LogRecord {
  readonly atMs: number;
  readonly stream: 'out' | 'err';
  readonly bytes: Uint8Array;
}

const LF = 0x0a;
const MAX_HEAD_BYTES = 1024;
const headPattern = /^@(\d{1,15}(?:\.\d{1,3})?) ([oe]) (\d{1,4})$/;

/**
 * Reads the agent's log (docs/agent-protocol.md, part 6) in pieces of any size, for showing it. The first line is
 * passed over. From the first line on that is no record, everything is given as output: a person may make sense of it.
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
    if (this.#state === 'first-line') {
      const end = this.#rest.indexOf(LF);
      if (end < 0) return undefined;
      this.#state = 'records';
      this.#rest = this.#rest.subarray(end + 1);
    }
    if (this.#rest.length === 0) return undefined;
    return this.#state === 'records' ? this.#takeRecord() : this.#takeRest();
  }

  #takeRecord(): LogRecord | undefined {
    const end = this.#rest.subarray(0, MAX_HEAD_BYTES).indexOf(LF);
    if (end < 0 && this.#rest.length < MAX_HEAD_BYTES) return undefined;
    const head = headPattern.exec(Buffer.from(this.#rest.subarray(0, Math.max(0, end))).toString('latin1'));
    if (!head) {
      this.#state = 'anything';
      return this.#takeRest();
    }
    const last = end + 1 + Number(head[3]);
    // A record ends in a line end of its own.
    if (this.#rest.length <= last) return undefined;
    if (this.#rest[last] !== LF) this.#state = 'anything';
    this.#atMs = Number(head[1]);
    const bytes = this.#rest.subarray(end + 1, last);
    this.#rest = this.#rest.subarray(this.#rest[last] === LF ? last + 1 : last);
    return { atMs: this.#atMs, stream: head[2] === 'o' ? 'out' : 'err', bytes };
  }

  #takeRest(): LogRecord {
    const bytes = this.#rest;
    this.#rest = new Uint8Array();
    return { atMs: this.#atMs, stream: 'out', bytes };
  }
}
