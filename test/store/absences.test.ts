import { expect, test } from 'vitest';
import type { Absence } from '../../src/domain/absence.ts';
import { furnished, newRun, temporaryStore } from './fixtures.ts';

test('there is one absence per machine, and the newer takes the place of the older', async () => {
  const store = await temporaryStore();
  const { one, two } = await furnished(store);
  const { absences } = store;
  expect(await absences.get(one.id)).toBeUndefined();
  const keyboard: Absence = { machineId: one.id, kind: 'keyboard', ownerId: 'run:1', sinceMs: 5, boot: 7 };
  await absences.put(keyboard);
  expect(await absences.get(one.id)).toEqual(keyboard);
  const working: Absence = {
    machineId: one.id,
    kind: 'working',
    ownerId: 'run:1',
    sinceMs: 9,
    backByMs: 20,
    loseAtMs: 30,
  };
  await absences.put(working);
  await absences.put({ ...keyboard, machineId: two.id });
  expect(await absences.all()).toEqual(
    [working, { ...keyboard, machineId: two.id }].toSorted((a, b) => (a.machineId < b.machineId ? -1 : 1)),
  );
  expect(await absences.remove(one.id, 'keyboard')).toBe(false);
  await absences.removeKind('keyboard');
  expect(await absences.all()).toEqual([working]);
  expect(await absences.remove(one.id)).toBe(true);
  expect(await absences.remove(one.id)).toBe(false);
});

test('an absence goes with its machine', async () => {
  const store = await temporaryStore();
  const { one } = await furnished(store);
  await store.absences.put({ machineId: one.id, kind: 'keyboard', ownerId: 'probe', sinceMs: 1 });
  await store.machines.remove(one.id);
  expect(await store.absences.all()).toEqual([]);
});

test('a parked run is queued, keeps its lane and its job, and is not canceled without a proof', async () => {
  const store = await temporaryStore();
  const { one, bundle } = await furnished(store);
  await store.runs.create([newRun(one, bundle), newRun(one, bundle)]);
  const key = { jobId: '0000000A', jobToken: 'A'.repeat(16) };
  await store.runs.begin(1, key, 10);
  const said = { code: 'WAITING_FOR_KEYBOARD', detail: 'the key' };
  expect(await store.runs.move(1, 'park', said, undefined, 11)).toMatchObject({
    state: 'queued',
    ...key,
    ...said,
  });
  expect(await store.lanes.get(one.id)).toMatchObject({ ownerId: 'run:1' });
  expect((await store.runs.active()).map(({ id }) => id)).toEqual([1]);
  expect((await store.runs.queued()).map(({ id }) => id)).toEqual([2]);
  expect(await store.machines.freeIds()).not.toContain(one.id);
  // It has begun already, under its own job.
  expect(await store.runs.begin(1, { jobId: '0000000B', jobToken: 'B'.repeat(16) }, 12)).toBeUndefined();
  const why = { code: 'CANCELED', detail: 'not wanted' };
  expect(await store.runs.requestCancel(1, why, 13)).toMatchObject({
    state: 'queued',
    cancelRequested: true,
  });
  expect(await store.runs.requestCancel(2, why, 13)).toMatchObject({ state: 'canceled' });
  expect(await store.runs.move(1, 'start', {}, 'take', 14)).toMatchObject({ state: 'starting', ...key });
  expect(await store.runs.move(1, 'left', {}, undefined, 15)).toMatchObject({ state: 'running' });
  expect((await store.runs.get(1))?.claimedAtMs).toBeUndefined();
});
