import { expect, test } from 'vitest';
import { withRetry } from '../../src/lib/retry.ts';

const fast = { minMs: 0, maxMs: 0 };

test('calls until it succeeds', async () => {
  const attempts: number[] = [];
  const answer = await withRetry(
    (attempt) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error('not yet');
      return 'done';
    },
    { retries: 5, ...fast },
  );
  expect(answer).toBe('done');
  expect(attempts).toEqual([1, 2, 3]);
});

test.each([
  [2, undefined, 3],
  [0, undefined, 1],
  [5, () => false, 1],
])('with %i retries and %s gives the last error after %i tries', async (retries, shouldRetry, tries) => {
  let count = 0;
  const failing = withRetry(() => Promise.reject(new Error(`try ${++count}`)), {
    retries,
    ...fast,
    ...(shouldRetry && { shouldRetry }),
  });
  await expect(failing).rejects.toThrow(`try ${tries}`);
  expect(count).toBe(tries);
});

test('stops at once with the signal’s reason', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const failing = withRetry(() => Promise.reject(new Error('no')), {
    retries: 9,
    minMs: 1e6,
    maxMs: 1e6,
    signal: controller.signal,
    shouldRetry: () => {
      setImmediate(() => controller.abort(reason));
      return true;
    },
  });
  await expect(failing).rejects.toBe(reason);
});
