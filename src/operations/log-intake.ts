import { firstLineOf } from './own-log.ts';
import type { Parts } from './parts.ts';
import type { RunWork } from './run-work.ts';

/** So much of a log is committed at once, and at most so much of it is in memory. */
const COMMIT_BYTES = 1024 * 1024;

/**
 * Takes a machine's log in from an offset on: what is stored already is compared, what is new is committed. The log's
 * first line must carry this run's id and token, or it is foreign and nothing of it is taken.
 */
export class LogIntake {
  readonly #parts: Pick<Parts, 'store' | 'events'>;
  readonly #runId: number;
  readonly #firstLine: string;
  /** Offset of the next byte that comes. */
  #position: number;
  #stored: number;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** What became of it: `foreign` is another job's log, `differs` is not the one of which a part is stored. */
  verdict: 'ours' | 'foreign' | 'differs' = 'ours';
  grew = false;

  constructor(
    parts: Pick<Parts, 'store' | 'events'>,
    work: Pick<RunWork, 'run' | 'key'>,
    at: { readonly fromByte: number; readonly storedBytes: number },
  ) {
    this.#parts = parts;
    this.#runId = work.run.id;
    this.#firstLine = firstLineOf(work.key);
    this.#position = at.fromByte;
    this.#stored = at.storedBytes;
  }

  async take(bytes: Uint8Array): Promise<void> {
    if (this.verdict !== 'ours') return;
    const known = bytes.subarray(0, Math.max(0, this.#stored - this.#position));
    if (known.length > 0 && !(await this.#isStored(known))) {
      this.verdict = 'differs';
      return;
    }
    this.#position += bytes.length;
    if (known.length === bytes.length) return;
    this.#waiting.push(bytes.subarray(known.length));
    this.#waitingBytes += bytes.length - known.length;
    if (this.#waitingBytes >= COMMIT_BYTES) await this.flush();
  }

  /** Commits what waits. To be called at the end too, also after a break: what came is good. */
  async flush(): Promise<void> {
    if (this.#waitingBytes === 0 || this.verdict !== 'ours') return;
    const bytes = Buffer.concat(this.#waiting);
    if (this.#stored === 0) {
      const start = bytes.toString('latin1', 0, this.#firstLine.length);
      // A first line that is not whole yet says nothing.
      if (this.#firstLine.startsWith(start) && start.length < this.#firstLine.length) return;
      if (start !== this.#firstLine) {
        this.verdict = 'foreign';
        return;
      }
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
    await this.#parts.store.runLogs.append(this.#runId, this.#stored, bytes);
    this.#stored += bytes.length;
    this.grew = true;
    this.#parts.events.publish({ type: 'log', runId: this.#runId, endOffset: this.#stored });
  }

  async #isStored(bytes: Uint8Array): Promise<boolean> {
    const ours = await this.#parts.store.runLogs.read(this.#runId, this.#position, bytes.length);
    return Buffer.compare(ours, bytes) === 0;
  }
}
