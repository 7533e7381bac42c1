/** Time as the daemon sees it; tests bring their own. */
export interface Clock {
  /** Milliseconds since 1970; may jump when the system's clock is set. */
  nowMs(): number;
  /** Milliseconds since some fixed moment; never goes back. For durations. */
  monotonicMs(): number;
  /** Resolves after `ms`. Rejects with the signal's reason, at once, when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** setTimeout fires at once beyond this; longer pauses are made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    for (let left = ms; ; left -= LONGEST_TIMER_MS) {
      await pause(Math.min(Math.max(left, 0), LONGEST_TIMER_MS), signal);
      if (left <= LONGEST_TIMER_MS) return;
    }
  },
};

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
