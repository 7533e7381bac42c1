import type { Clock } from '../../lib/clock.ts';

/** Lets so many units pass per second, and as many at once after a pause. */
export class Pace {
  readonly #perSecond: number;
  readonly #clock: Clock;
  #left: number;
  #atMs: number;

  /** `perSecond` 0: no limit. */
  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#left = perSecond;
    this.#atMs = clock.monotonicMs();
  }

  /** Resolves when these units may pass. Rejects when the signal aborts. */
  async take(units: number, signal: AbortSignal): Promise<void> {
    if (this.#perSecond === 0) return;
    const nowMs = this.#clock.monotonicMs();
    const gained = ((nowMs - this.#atMs) * this.#perSecond) / 1000;
    this.#left = Math.min(this.#perSecond, this.#left + gained) - units;
    this.#atMs = nowMs;
    if (this.#left < 0) await this.#clock.sleep((-this.#left * 1000) / this.#perSecond, signal);
  }
}
