import { asDomainError } from '../domain/errors.ts';
import type { Parts } from './parts.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A request may be repeated under its key for a day at least. */
const REQUEST_KEPT_MS = DAY_MS;

/** Each hour: lets go of what need not be kept for ever. */
export class Housekeeping {
  readonly #parts: Pick<Parts, 'store' | 'clock' | 'log' | 'settings'>;
  readonly #stopping = new AbortController();
  #working: Promise<void> | undefined;

  constructor(parts: Pick<Parts, 'store' | 'clock' | 'log' | 'settings'>) {
    this.#parts = parts;
  }

  start(): void {
    this.#working = this.#work();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { clock, log } = this.#parts;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#tidy();
      } catch (thrown) {
        log.warn({ code: asDomainError(thrown).code, err: thrown }, 'housekeeping failed; it is tried again');
      }
      await clock.sleep(HOUR_MS, signal).catch(() => undefined);
    }
  }

  async #tidy(): Promise<void> {
    const { clock, log, settings, store } = this.#parts;
    const now = clock.nowMs();
    await store.requests.forgetBefore(now - REQUEST_KEPT_MS);
    const { logDays } = settings.retention;
    if (logDays === 0) return;
    let expired = 0;
    for (let some = 1; some > 0 && !this.#stopping.signal.aborted; expired += some) {
      some = await store.logRetention.expire(now - logDays * DAY_MS, now);
    }
    if (expired > 0) log.info({ runs: expired }, `the logs of runs older than ${logDays} days were removed`);
  }
}
