import { expect, test } from 'vitest';
import type { Run } from '../../src/domain/run.ts';
import type { Store } from '../../src/store/open-store.ts';
import { newMachine, temporaryStore } from './fixtures.ts';

const limits = { limitSeconds: 0, quietSeconds: 0, logMaxBytes: 1000 };

async function storeWithRuns(count: number): Promise<{ store: Store; runs: Run[] }> {
  const store = await temporaryStore();
  const { id: machineId } = await store.machines.create(newMachine('pc1'));
  const hash = 'ab'.repeat(32);
  const input = { name: 'b', hash, folder: 'B/ABABABAB', files: [], engine: 'auto', atMs: 1 };
  const { bundle } = await store.bundles.create(input);
  const one = {
    machineId,
    bundleId: bundle.id,
    parameters: {},
    limits,
    simulated: true,
    requestedBy: 'me',
    atMs: 1,
  };
  return { store, runs: await store.runs.create(Array.from({ length: count }, () => one)) };
}

test('one lane per machine: the second run stays queued until the first has ended', async () => {
  const { store, runs } = await storeWithRuns(2);
  const [first, second] = runs.map((run) => run.id);
  const key = { jobId: '0000000A', jobToken: '0'.repeat(16) };
  expect(await store.runs.move(first ?? 0, 'start', key, 'take', 2)).toMatchObject({
    state: 'starting',
    startedAtMs: 2,
  });
  expect(await store.runs.move(second ?? 0, 'start', {}, 'take', 3)).toBeUndefined();
  expect((await store.runs.get(second ?? 0))?.state).toBe('queued');
  expect(await store.lanes.all()).toMatchObject([{ kind: 'run', ownerId: `run:${first}` }]);
  await store.runs.move(first ?? 0, 'fail', { code: 'AGENT_NEEDED' }, undefined, 4);
  expect(await store.runs.get(first ?? 0)).toMatchObject({
    state: 'failed',
    endedAtMs: 4,
    jobId: '0000000A',
  });
  expect(await store.runs.move(second ?? 0, 'start', {}, 'take', 5)).toMatchObject({ state: 'starting' });
});

test('a lost run gives its lane back and can still end', async () => {
  const { store, runs } = await storeWithRuns(1);
  const id = runs[0]?.id ?? 0;
  await store.runs.move(id, 'start', {}, 'take', 2);
  await store.runs.move(id, 'lose', {}, undefined, 3);
  expect(await store.lanes.all()).toEqual([]);
  expect((await store.runs.active()).map((run) => run.state)).toEqual(['lost']);
  await store.runs.move(id, 'found', {}, 'take', 4);
  expect(await store.lanes.all()).toHaveLength(1);
});

test('what cannot happen is refused and changes nothing', async () => {
  const { store, runs } = await storeWithRuns(1);
  const id = runs[0]?.id ?? 0;
  await expect(store.runs.move(id, 'succeed', {}, undefined, 2)).rejects.toMatchObject({ code: 'BUG' });
  expect((await store.runs.get(id))?.state).toBe('queued');
});

test('a log grows only at its end, and merging changes no byte', async () => {
  const { store, runs } = await storeWithRuns(1);
  const id = runs[0]?.id ?? 0;
  const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
  expect(await store.runLogs.end(id)).toBe(0);
  for (let at = 0; at < bytes.length; at += 7_777) {
    await store.runLogs.append(id, at, bytes.subarray(at, at + 7_777));
  }
  await expect(store.runLogs.append(id, 5, new Uint8Array(1))).rejects.toMatchObject({ code: 'BUG' });
  await expect(store.runLogs.append(id, 200_001, new Uint8Array(1))).rejects.toMatchObject({ code: 'BUG' });
  const whole = async (from: number): Promise<Buffer> => {
    const parts = [];
    for await (const part of store.runLogs.chunks(id, from)) parts.push(part);
    return Buffer.concat(parts);
  };
  expect(Buffer.compare(await whole(0), bytes)).toBe(0);
  await store.runLogs.merge(id);
  expect(await store.runLogs.end(id)).toBe(200_000);
  expect(Buffer.compare(await whole(123_456), bytes.subarray(123_456))).toBe(0);
  expect(Buffer.compare(await store.runLogs.read(id, 70_000, 10), bytes.subarray(70_000, 70_010))).toBe(0);
});

test('a queued run is found again, newest first in lists, page by page', async () => {
  const { store, runs } = await storeWithRuns(5);
  const ids = runs.map((run) => run.id);
  expect((await store.runs.queued()).map((run) => run.id)).toEqual(ids);
  const first = await store.runs.list({ limit: 3 });
  const rest = await store.runs.list({ limit: 3, ...(first.next !== undefined && { after: first.next }) });
  expect([...first.items, ...rest.items].map((run) => run.id)).toEqual(ids.toReversed());
  expect(rest.next).toBeUndefined();
});
