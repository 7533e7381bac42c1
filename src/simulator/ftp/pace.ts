import { setTimeout as delay } from 'node:timers/promises';

const stepsPerSecond = 20;

/** The speed of one PC's network card and disk, shared by all its transfers in both directions. */
export class Pace {
  /** How many bytes are moved before the next wait. */
  readonly sliceBytes: number;
  readonly #bytesPerSecond: number;
  #freeAtMs = 0;

  /** 0 bytes per second: no limit. */
  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.sliceBytes =
      bytesPerSecond === 0 ? 1024 * 1024 : Math.max(512, Math.ceil(bytesPerSecond / stepsPerSecond));
  }

  /** Waits until so many bytes may have gone over the wire. */
  async take(bytes: number): Promise<void> {
    if (this.#bytesPerSecond === 0) return;
    const now = performance.now();
    this.#freeAtMs = Math.max(now, this.#freeAtMs) + (bytes / this.#bytesPerSecond) * 1000;
    await delay(this.#freeAtMs - now);
  }
}
