import pRetry from 'p-retry';

export interface RetryOptions {
  /** Tries after the first one. */
  readonly retries: number;
  /** Pause before the first retry; doubles from there, with some chance in it. */
  readonly minMs: number;
  readonly maxMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether to go on after this error; without it every error is tried again, except a TypeError. */
  readonly shouldRetry?: (error: Error) => boolean;
}

/** Calls `fn` (told the number of the try, from 1) until it succeeds; throws the last error, or the signal's reason. */
export function withRetry<T>(fn: (attempt: number) => Promise<T> | T, options: RetryOptions): Promise<T> {
  const { shouldRetry, signal } = options;
  return pRetry(fn, {
    retries: options.retries,
    minTimeout: options.minMs,
    maxTimeout: options.maxMs,
    randomize: true,
    signal,
    ...(shouldRetry && { shouldRetry: ({ error }) => shouldRetry(error) }),
  });
}
