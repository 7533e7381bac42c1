import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/domain/run.ts';
import { runEndStates, runTable } from '../../src/domain/run.ts';
import type { Store } from '../../src/store/open-store.ts';
import { everyItem, furnished, newBundle, newRun, temporaryStore } from './fixtures.ts';

async function queuedRuns(count: number): Promise<Awaited<ReturnType<typeof furnished>> & { store: Store }> {
  const store = await temporaryStore();
  const things = await furnished(store);
  const inputs = Array.from({ length: count }, () => newRun(things.one, things.bundle));
  await store.runs.create(inputs);
  return { store, ...things };
}

/** A shortest way of events from `queued` to each state. */
function waysToStates(): Map<string, RunEvent[]> {
  const ways = new Map<string, RunEvent[]>([['queued', []]]);
  for (const [state, way] of ways) {
    const row: Partial<Record<string, string>> =
      Object.entries(runTable).find(([from]) => from === state)?.[1] ?? {};
    for (const [event, next] of Object.entries(row)) {
      if (next !== undefined && isEvent(event) && !ways.has(next)) ways.set(next, [...way, event]);
    }
  }
  return ways;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

const allEvents = new Set(Object.values(runTable).flatMap((row) => Object.keys(row)));
const isEvent = (event: string): event is RunEvent => allEvents.has(event);

describe('a run', () => {
  test('is queued with what was asked for', async () => {
    const store = await temporaryStore();
    const { one, bundle } = await furnished(store);
    const [run] = await store.runs.create([{ ...newRun(one, bundle, 5), simulated: true }]);
    expect(run).toEqual({
      id: 1,
      machineId: one.id,
      machineName: 'one',
      bundleId: bundle.id,
      bundleName: 'story',
      bundleVersion: 1,
      parameters: { prompt: 'Once' },
      limits: { limitSeconds: 60, quietSeconds: 0, logMaxBytes: 8_388_608 },
      state: 'queued',
      cancelRequested: false,
      simulated: true,
      flags: [],
      requestedBy: 'test',
      createdAtMs: 5,
    });
    expect(await store.runs.get(1)).toEqual(run);
    expect(await store.runs.get(2)).toBeUndefined();
  });

  test('of a group is made with all others or not at all', async () => {
    const store = await temporaryStore();
    const { one, bundle } = await furnished(store);
    const good = newRun(one, bundle);
    await expect(store.runs.create([good, { ...good, machineId: '0'.repeat(16) }])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await store.runs.queued()).toEqual([]);
  });

  test('is patched; null clears, undefined leaves', async () => {
    const { store } = await queuedRuns(1);
    const figure = { value: 35.9, source: 'agent', clock: 'GetTickCount', stepMs: 55 } as const;
    const patch = {
      code: 'ENGINE_FAILED',
      detail: 'exit 1',
      jobId: '0000000A',
      jobToken: 'T'.repeat(16),
      pid: 7,
      engine: 'llama98',
      text: 'Once upon ä 😀',
      tokens: 3,
      flags: ['log-cut' as const],
      timing: { intervalTokensPerSecond: figure },
      end: { reason: 'exited', exitCode: 0, logCut: false, kept: [] },
    };
    await store.runs.update(1, patch);
    expect(await store.runs.get(1)).toMatchObject({ ...patch, state: 'queued' });
    expect(await store.runs.findByJobId('0000000A')).toMatchObject({ id: 1 });
    expect(await store.runs.findByJobId('0000000B')).toBeUndefined();
    await store.runs.update(1, { code: null, timing: null, pid: null, engine: undefined });
    await store.runs.update(1, {});
    const run = await store.runs.get(1);
    expect(run).toMatchObject({ engine: 'llama98', detail: 'exit 1' });
    for (const key of ['code', 'timing', 'pid']) expect(run).not.toHaveProperty(key);
  });

  test('never shares a job id', async () => {
    const { store } = await queuedRuns(2);
    await store.runs.update(1, { jobId: '0000000A' });
    await expect(store.runs.update(2, { jobId: '0000000A' })).rejects.toThrow();
  });

  test('keeps text with NUL and half characters whole but for those', async () => {
    const { store } = await queuedRuns(1);
    await store.runs.update(1, { text: 'a\0b\uD800c' });
    expect((await store.runs.get(1))?.text).toBe('a\uFFFDb\uFFFDc');
  });

  test('is asked to cancel, unless it has ended; a queued one never begins', async () => {
    const { store } = await queuedRuns(3);
    const said = { code: 'CANCELED', detail: 'before it started' };
    const cancel = (id: number) => store.runs.requestCancel(id, said, 7);
    expect(await cancel(1)).toMatchObject({
      ...said,
      state: 'canceled',
      cancelRequested: true,
      endedAtMs: 7,
    });
    await store.runs.move(2, 'fail', {}, undefined, 1);
    expect(await cancel(2)).toMatchObject({ state: 'failed', cancelRequested: false });
    const key = { jobId: '0000000C', jobToken: 'C' };
    expect(await store.runs.begin(3, key, 5)).toMatchObject({ ...key, state: 'starting', startedAtMs: 5 });
    const asked = await cancel(3);
    expect(asked).toMatchObject({ state: 'starting', cancelRequested: true });
    expect(asked.code).toBeUndefined();
    await expect(cancel(4)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const id of [1, 2, 3]) {
      expect(await store.runs.begin(id, { jobId: `0000000${id}`, jobToken: 'D' }, 9)).toBeUndefined();
    }
  });

  test('keeps side files', async () => {
    const { store } = await queuedRuns(2);
    await store.runs.addFile(1, 'DEBUG.LOG', new Uint8Array([1, 0, 255]));
    await store.runs.addFile(1, 'A.TXT', new Uint8Array());
    await store.runs.addFile(1, 'DEBUG.LOG', new Uint8Array([7, 8]));
    expect(await store.runs.files(1)).toEqual([
      { name: 'A.TXT', sizeBytes: 0 },
      { name: 'DEBUG.LOG', sizeBytes: 2 },
    ]);
    expect(await store.runs.file(1, 'DEBUG.LOG')).toEqual(new Uint8Array([7, 8]));
    expect(await store.runs.file(1, 'NONE')).toBeUndefined();
    expect(await store.runs.files(2)).toEqual([]);
  });
});

describe('the states of a run', () => {
  const ways = waysToStates();

  test.each(Object.keys(runTable))('from %s: every event leads on or is refused', async (state) => {
    const { store } = await queuedRuns(allEvents.size);
    const way = ways.get(state);
    if (!way) throw new Error(`nothing leads to ${state}`);
    const row: Partial<Record<string, string>> =
      Object.entries(runTable).find(([from]) => from === state)?.[1] ?? {};
    for (const [index, event] of [...allEvents].filter(isEvent).entries()) {
      const id = index + 1;
      for (const step of way) await store.runs.move(id, step, {}, undefined, 10);
      const before = await store.runs.get(id);
      const moving = store.runs.move(id, event, { detail: event }, undefined, 20);
      const next = row[event];
      if (next === undefined) {
        await expect(moving).rejects.toMatchObject({ code: 'BUG' });
        expect(await store.runs.get(id)).toEqual(before);
      } else {
        expect(await moving).toMatchObject({ state: next, detail: event });
      }
    }
  });

  test('set the times of start and end', async () => {
    const { store } = await queuedRuns(1);
    expect(await store.runs.move(1, 'start', { jobId: 'A' }, 'take', 10)).toMatchObject({
      startedAtMs: 10,
      jobId: 'A',
    });
    expect(await store.runs.move(1, 'ended', {}, undefined, 20)).not.toHaveProperty('endedAtMs');
    expect(await store.runs.move(1, 'succeed', { tokens: 3 }, undefined, 30)).toMatchObject({
      state: 'succeeded',
      startedAtMs: 10,
      endedAtMs: 30,
      tokens: 3,
    });
    await expect(store.runs.move(9, 'start', {}, undefined, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('lists of runs', () => {
  const ways = waysToStates();

  test('queued and active ones, oldest first', async () => {
    const { store } = await queuedRuns(ways.size + 1);
    for (const [index, way] of [...ways.values()].entries()) {
      for (const event of way) await store.runs.move(index + 1, event, {}, undefined, 1);
    }
    const queued = async () => (await store.runs.queued()).map((run) => run.id);
    // The last one waits behind the first: it is of the same machine and bundle.
    expect(await queued()).toEqual([1]);
    await store.runs.move(1, 'cancel', {}, undefined, 1);
    expect(await queued()).toEqual([ways.size + 1]);
    const active = await store.runs.active();
    const expected = [...ways.keys()].filter(
      (state) => state !== 'queued' && !runEndStates.some((end) => end === state),
    );
    expect(active.map((run) => run.state)).toEqual(expected);
    expect(active.map((run) => run.id)).toEqual(active.map((run) => run.id).toSorted((a, b) => a - b));
  });

  test('newest first, in pages without a gap, by filters', async () => {
    const store = await temporaryStore();
    const { one, two, bundle } = await furnished(store);
    const { bundle: other } = await store.bundles.create(newBundle('other', 'b'.repeat(64)));
    // Runs 1-3 at 100, 4-6 at 200, 7 at 300: pages must not lose any of those with equal times.
    for (const atMs of [100, 200]) {
      await store.runs.create([
        newRun(one, bundle, atMs),
        newRun(two, bundle, atMs),
        newRun(one, other, atMs),
      ]);
    }
    await store.runs.create([newRun(two, bundle, 300)]);
    await store.runs.move(2, 'fail', {}, undefined, 1);
    await store.runs.move(6, 'fail', {}, undefined, 1);
    const ids = async (filter: Omit<Parameters<typeof store.runs.list>[0], 'limit'> = {}) =>
      (await everyItem((after) => store.runs.list({ ...filter, limit: 2, after }))).map((page) =>
        page.map((run) => run.id),
      );
    expect(await ids()).toEqual([[7, 6], [5, 4], [3, 2], [1]]);
    expect(await ids({ machineId: two.id })).toEqual([[7, 5], [2]]);
    expect(await ids({ bundleId: other.id })).toEqual([[6, 3]]);
    expect(await ids({ state: 'failed' })).toEqual([[6, 2]]);
    expect(await ids({ since: 200 })).toEqual([
      [7, 6],
      [5, 4],
    ]);
    expect(await ids({ until: 200, machineId: one.id })).toEqual([
      [6, 4],
      [3, 1],
    ]);
    expect(await ids({ state: 'lost' })).toEqual([[]]);
  });

  test.each([0, -1, 1.5, 1001, Number.NaN])('refuse a limit of %d', async (limit) => {
    const store = await temporaryStore();
    for (const list of [store.runs, store.machines, store.bundles, store.artifacts, store.receipts]) {
      await expect(list.list({ limit })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
  });

  test('refuse an `after` that is no cursor of theirs', async () => {
    const { store } = await queuedRuns(3);
    await store.bundles.create(newBundle('story', 'b'.repeat(64)));
    const machines = await store.machines.list({ limit: 1 });
    const runs = await store.runs.list({ limit: 1 });
    const bundles = await store.bundles.list({ limit: 1 });
    const wrong = [
      '',
      '1',
      '{}',
      'AAAA',
      '\0',
      encode(['runs', 1]),
      encode(['runs', '1', 2]),
      encode(['runs', 1.5, 2]),
    ];
    for (const after of [...wrong, machines.next, bundles.next]) {
      await expect(store.runs.list({ limit: 1, after: after ?? '' })).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
    }
    for (const list of [store.machines, store.bundles, store.artifacts, store.receipts, store.deployments]) {
      for (const after of [...wrong, runs.next ?? '']) {
        await expect(list.list({ limit: 1, after })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      }
    }
    expect((await store.runs.list({ limit: 1, after: runs.next })).items[0]?.id).toBe(2);
  });
});
