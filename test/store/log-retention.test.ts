import { expect, test } from 'vitest';
import { furnished, newRun, temporaryStore } from './fixtures.ts';

const DAY_MS = 86_400_000;

test('old logs go, young and unfinished ones stay, and no run, receipt or figure is touched', async () => {
  const store = await temporaryStore();
  const { one, bundle } = await furnished(store);
  const ends = [1 * DAY_MS, 2 * DAY_MS, 30 * DAY_MS];
  const runs = await store.runs.create([...ends, 0].map(() => newRun(one, bundle, 0)));
  for (const [index, run] of runs.entries()) {
    await store.runLogs.append(run.id, 0, Buffer.from(`log ${index}`));
    await store.runs.addFile(run.id, 'DEBUG.LOG', Buffer.from('side file'));
    const endedAt = ends[index];
    if (endedAt !== undefined) await store.runs.move(run.id, 'cancel', {}, undefined, endedAt);
  }
  expect(await store.logRetention.expire(10 * DAY_MS, 31 * DAY_MS)).toBe(2);
  expect(await store.logRetention.expire(10 * DAY_MS, 32 * DAY_MS)).toBe(0);
  const left = await Promise.all(
    runs.map(async ({ id }) => ({
      bytes: await store.runLogs.end(id),
      files: (await store.runs.files(id)).length,
      expired: (await store.runs.get(id))?.logExpiredAtMs,
      state: (await store.runs.get(id))?.state,
    })),
  );
  expect(left).toEqual([
    { bytes: 0, files: 0, expired: 31 * DAY_MS, state: 'canceled' },
    { bytes: 0, files: 0, expired: 31 * DAY_MS, state: 'canceled' },
    { bytes: 5, files: 1, expired: undefined, state: 'canceled' },
    { bytes: 5, files: 1, expired: undefined, state: 'queued' },
  ]);
});

test('any number of runs is worked through', async () => {
  const store = await temporaryStore();
  const { one, bundle } = await furnished(store);
  const runs = await store.runs.create(Array.from({ length: 120 }, () => newRun(one, bundle, 0)));
  for (const run of runs) await store.runs.move(run.id, 'cancel', {}, undefined, 1_000);
  let total = 0;
  for (let some = 1; some > 0; total += some) some = await store.logRetention.expire(2_000, 3_000);
  expect(total).toBe(120);
});
