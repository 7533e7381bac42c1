import type { BundleFile } from '../domain/bundle.ts';
import { publishTarget } from './target-work.ts';
import type { TargetWork } from './target-work.ts';
import type { Parts } from './parts.ts';

/** How often progress goes to listeners, and to the store. */
const TELL_MS = 200;
const SAVE_MS = 2_000;

/** Bytes, rate and time left of one target's upload. The rate counts only bytes sent in this try. */
export class TargetProgress {
  readonly #parts: Parts;
  readonly #work: TargetWork;
  readonly #perFile = new Map<string, number>();
  readonly #total: number;
  readonly #startedMs: number;
  #resumed = 0;
  #toldMs = 0;
  #savedMs = 0;

  constructor(parts: Parts, work: TargetWork, sending: readonly { file: BundleFile }[]) {
    this.#parts = parts;
    this.#work = work;
    this.#startedMs = parts.clock.monotonicMs();
    this.#total = sending.reduce((sum, { file }) => sum + file.sizeBytes, 0);
  }

  /** The upload of a file goes on at an offset: those bytes were sent before. */
  startAt(file: BundleFile, fromByte: number): void {
    this.#resumed += fromByte;
    this.fileAt(file, fromByte);
  }

  fileAt(file: BundleFile, sentBytes: number): void {
    this.#perFile.set(file.name, sentBytes);
    const now = this.#parts.clock.monotonicMs();
    if (now - this.#toldMs >= TELL_MS) {
      this.#toldMs = now;
      publishTarget(this.#parts, { ...this.#work.target, state: 'transferring', ...this.figures() });
    }
    if (now - this.#savedMs >= SAVE_MS) {
      this.#savedMs = now;
      this.#save().catch((error: unknown) => this.#parts.log.warn({ err: error }, 'progress was not saved'));
    }
  }

  /** As it is now; to be saved with a step of the target. */
  figures(): { bytesTotal: number; bytesSent: number; bytesPerSecond?: number } {
    let sent = 0;
    for (const bytes of this.#perFile.values()) sent += bytes;
    const seconds = (this.#parts.clock.monotonicMs() - this.#startedMs) / 1000;
    const fresh = sent - this.#resumed;
    return {
      bytesTotal: this.#total,
      bytesSent: sent,
      ...(seconds > 0 && fresh > 0 && { bytesPerSecond: Math.round(fresh / seconds) }),
    };
  }

  async #save(): Promise<void> {
    const { deployment, machine } = this.#work;
    await this.#parts.store.deployments.updateTarget(deployment.id, machine.id, this.figures());
  }
}
