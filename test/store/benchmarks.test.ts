import { describe, expect, test } from 'vitest';
import type { NewBenchmark } from '../../src/store/benchmarks.ts';
import type { Store } from '../../src/store/open-store.ts';
import { everyItem, furnished, newBundle, newRun, temporaryStore } from './fixtures.ts';

type Things = Awaited<ReturnType<typeof furnished>>;

const newBenchmark = ({ one, two, bundle }: Things, more: Partial<NewBenchmark> = {}): NewBenchmark => ({
  parameters: { prompt: 'Once' },
  limits: { limitSeconds: 60, quietSeconds: 0, logMaxBytes: 8_388_608 },
  repetitions: 2,
  warmUps: 1,
  requestedBy: 'test',
  atMs: 1000,
  runs: [one, two].flatMap((machine) => [
    { role: 'warm-up' as const, ordinal: 1, run: newRun(machine, bundle) },
    { role: 'measured' as const, ordinal: 1, run: newRun(machine, bundle) },
    { role: 'measured' as const, ordinal: 2, run: newRun(machine, bundle) },
  ]),
  deployments: [],
  ...more,
});

async function open(): Promise<{ store: Store; things: Things }> {
  const store = await temporaryStore();
  return { store, things: await furnished(store) };
}

describe('a benchmark', () => {
  test('is kept as it was asked for, with its runs in their order', async () => {
    const { store, things } = await open();
    const { benchmark, runs } = await store.benchmarks.create(newBenchmark(things, { name: 'mine' }));
    expect(benchmark).toEqual({
      id: 1,
      name: 'mine',
      parameters: { prompt: 'Once' },
      limits: { limitSeconds: 60, quietSeconds: 0, logMaxBytes: 8_388_608 },
      repetitions: 2,
      warmUps: 1,
      requestedBy: 'test',
      createdAtMs: 1000,
    });
    expect(await store.benchmarks.get(1)).toEqual(benchmark);
    expect(await store.benchmarks.get(2)).toBeUndefined();
    const kept = await store.benchmarks.runs(1);
    expect(kept.map(({ id }) => id)).toEqual(runs.map(({ id }) => id));
    expect(kept.map(({ machineName, role, ordinal }) => `${machineName} ${role} ${ordinal}`)).toEqual([
      'one warm-up 1',
      'one measured 1',
      'one measured 2',
      'two warm-up 1',
      'two measured 1',
      'two measured 2',
    ]);
    expect((await store.runs.list({ limit: 10, state: 'queued' })).items).toHaveLength(6);
  });

  test('keeps the flags that its runs are made with', async () => {
    const { store, things } = await open();
    const run = { ...newRun(things.one, things.bundle), flags: ['followed-quietly' as const] };
    await store.benchmarks.create(newBenchmark(things, { runs: [{ role: 'measured', ordinal: 1, run }] }));
    expect((await store.runs.get(1))?.flags).toEqual(['followed-quietly']);
    expect((await store.benchmarks.runs(1))[0]?.flags).toEqual(['followed-quietly']);
  });

  test('is made with all of its runs and deployments, or nothing is', async () => {
    const { store, things } = await open();
    const { one, bundle } = things;
    const runs = [
      { role: 'measured' as const, ordinal: 1, run: newRun(one, bundle) },
      { role: 'measured' as const, ordinal: 2, run: { ...newRun(one, bundle), machineId: 'gone' } },
    ];
    const deployments = [{ bundleId: bundle.id, machineIds: [one.id], requestedBy: 'test', atMs: 1 }];
    await expect(store.benchmarks.create(newBenchmark(things, { runs, deployments }))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await store.benchmarks.list({ limit: 10 })).items).toEqual([]);
    expect(await store.runs.queued()).toEqual([]);
    expect(await store.deployments.openTargets()).toEqual([]);
    await store.benchmarks.create(newBenchmark(things, { deployments }));
    expect(await store.deployments.openTargets()).toHaveLength(1);
  });

  test('counts its runs by state and bundle', async () => {
    const { store, things } = await open();
    await store.benchmarks.create(newBenchmark(things));
    await store.benchmarks.create(newBenchmark(things));
    await store.runs.move(1, 'cancel', {}, undefined, 2000);
    const same = { benchmarkId: 1, bundleName: 'story', bundleVersion: 1 };
    expect(await store.benchmarks.counts([1])).toEqual(
      expect.arrayContaining([
        { ...same, state: 'queued', count: 5 },
        { ...same, state: 'canceled', count: 1 },
      ]),
    );
    expect(await store.benchmarks.counts([1, 2])).toHaveLength(3);
    expect(await store.benchmarks.counts([])).toEqual([]);
  });

  test('cancels only what has not begun, in one step', async () => {
    const { store, things } = await open();
    await store.benchmarks.create(newBenchmark(things));
    await store.runs.move(1, 'start', { jobId: '0000000A', jobToken: 'A'.repeat(16) }, 'take', 2000);
    const canceled = await store.benchmarks.cancelQueued(1, 3000);
    expect(canceled.map(({ id, state, code }) => [id, state, code])).toEqual(
      [2, 3, 4, 5, 6].map((id) => [id, 'canceled', 'CANCELED']),
    );
    expect((await store.runs.get(1))?.state).toBe('starting');
    expect(await store.benchmarks.cancelQueued(1, 3000)).toEqual([]);
  });
});

test('lists are newest first, page by page, by machine, bundle and time', async () => {
  const { store, things } = await open();
  const { bundle: other } = await store.bundles.create(newBundle('other', 'b'.repeat(64)));
  for (const atMs of [1000, 2000, 2000, 3000]) await store.benchmarks.create(newBenchmark(things, { atMs }));
  const only = [{ role: 'measured' as const, ordinal: 1, run: newRun(things.one, other) }];
  await store.benchmarks.create(newBenchmark(things, { atMs: 4000, runs: only }));
  const pages = await everyItem((after) => store.benchmarks.list({ limit: 2, after }));
  expect(pages.map((page) => page.map(({ id }) => id))).toEqual([[5, 4], [3, 2], [1]]);
  const found = async (filter: object) =>
    (await store.benchmarks.list({ limit: 10, ...filter })).items.map(({ id }) => id);
  expect(await found({ machineId: things.two.id })).toEqual([4, 3, 2, 1]);
  expect(await found({ bundleId: other.id })).toEqual([5]);
  expect(await found({ since: 2000, until: 3000 })).toEqual([4, 3, 2]);
  await expect(store.benchmarks.list({ limit: 2, after: 'x' })).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  });
});
