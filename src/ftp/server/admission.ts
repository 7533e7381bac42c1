import type { Clock } from '../../lib/clock.ts';
import type { Limits } from './limits.ts';

/** Addresses whose wrong passwords are remembered at once. */
const maxRemembered = 1000;

interface Failures {
  readonly count: number;
  readonly atMs: number;
}

/** Counts wrong passwords by address, so that opening a new session does not make guessing faster. */
export class LoginGuard {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** How long the answer to this wrong password has to wait. */
  failed(address: string): number {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#failures.get(address);
    const isFresh = before !== undefined && nowMs - before.atMs < this.#limits.loginForgetMs;
    const count = (isFresh ? before.count : 0) + 1;
    this.#failures.delete(address);
    this.#failures.set(address, { count, atMs: nowMs });
    const oldest = this.#failures.keys().next().value;
    if (this.#failures.size > maxRemembered && oldest !== undefined) this.#failures.delete(oldest);
    return Math.min(this.#limits.loginDelayMs * 2 ** Math.min(count - 1, 20), this.#limits.loginDelayMaxMs);
  }

  succeeded(address: string): void {
    this.#failures.delete(address);
  }
}
