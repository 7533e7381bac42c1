import type { Clock } from '../../lib/clock.ts';

/** Lets so many units pass per second, and some at once after a pause. */
export class Pace {
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #burst: number;
  #left: number;
  #atMs: number;

  /** `perSecond` 0: no limit. `burst`: what may pass at once, otherwise those of a second. */
  constructor(perSecond: number, clock: Clock, burst = perSecond) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#burst = burst;
    this.#left = burst;
    this.#atMs = clock.monotonicMs();
  }

  /** Resolves when these units may pass. Rejects when the signal aborts. */
  async take(units: number, signal: AbortSignal): Promise<void> {
    if (this.#perSecond === 0) return;
    const nowMs = this.#clock.monotonicMs();
    const gained = ((nowMs - this.#atMs) * this.#perSecond) / 1000;
    this.#left = Math.min(this.#burst, this.#left + gained) - units;
    this.#atMs = nowMs;
    if (this.#left < 0) await this.#clock.sleep((-this.#left * 1000) / this.#perSecond, signal);
  }
}
