import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { WorkLoop } from '../../src/operations/work-loop.ts';
import { waitFor } from '../support/wait-for.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

test('work that breaks rests before it is begun again, and keeps nothing else from being done', async () => {
  const pauses: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) => {
      if (ms < 5_000) return systemClock.sleep(ms, signal);
      return new Promise((resolve, reject) => {
        pauses.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    },
  };
  let broken = 0;
  let good = 0;
  const loop = new WorkLoop({
    find: async () => [
      { key: 'bad', run: () => Promise.reject(new Error(`failure ${(broken += 1)}`)) },
      { key: 'good', run: () => setImmediate().then(() => void (good += 1)) },
    ],
    capacity: 4,
    clock,
    log: silent,
  });
  loop.start();
  await waitFor('other work', () => good >= 5);
  expect(broken).toBe(1);
  pauses[0]?.();
  await waitFor('another try', () => broken === 2);
  await loop.stop();
});
