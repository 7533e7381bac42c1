import { setTimeout as delay } from 'node:timers/promises';
import type { KnobBoard } from '../knobs.ts';

const stepsPerSecond = 20;
/** How late a wait may end without making the wire slower. */
const catchUpMs = 200;

/** The speed of one PC's network card and disk, shared by all its transfers in both directions. */
export class Pace {
  readonly #knobs: KnobBoard;
  #freeAtMs = performance.now();

  constructor(knobs: KnobBoard) {
    this.#knobs = knobs;
  }

  /** How many bytes are moved before the next wait. */
  get sliceBytes(): number {
    const { rateBytesPerSecond } = this.#knobs.now;
    if (rateBytesPerSecond === 0) return 1024 * 1024;
    return Math.max(512, Math.ceil(rateBytesPerSecond / stepsPerSecond));
  }

  /** Waits until so many bytes may have gone over the wire. */
  async take(bytes: number): Promise<void> {
    const { rateBytesPerSecond } = this.#knobs.now;
    if (rateBytesPerSecond === 0) return;
    const now = performance.now();
    this.#freeAtMs = Math.max(now - catchUpMs, this.#freeAtMs) + (bytes / rateBytesPerSecond) * 1000;
    if (this.#freeAtMs > now) await delay(this.#freeAtMs - now, undefined, { ref: false });
  }
}
