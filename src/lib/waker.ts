import type { Clock } from './clock.ts';

/** A pause that somebody else can cut short. One waiter at a time; a wake with nobody waiting is remembered. */
export class Waker {
  #pause: AbortController | undefined;
  #woken = false;

  wake(): void {
    this.#woken = true;
    this.#pause?.abort();
  }

  /** Resolves after `ms`, when woken, or when `signal` aborts; never rejects. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#woken && !signal.aborted) {
      const pause = new AbortController();
      const stop = () => pause.abort();
      this.#pause = pause;
      signal.addEventListener('abort', stop, { once: true });
      await clock.sleep(ms, pause.signal).catch(() => undefined);
      signal.removeEventListener('abort', stop);
      this.#pause = undefined;
    }
    this.#woken = false;
  }
}
