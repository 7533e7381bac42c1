import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { markRestored } from '../../src/store/restored.ts';
import { furnished, newRun, temporaryFolder, temporaryStore } from './fixtures.ts';

test('what was open in a backup is settled, and what had ended stays', async () => {
  const dataDir = await temporaryFolder();
  const store = await temporaryStore(dataDir);
  const { one, two, bundle } = await furnished(store);
  const [queued, running, done] = await store.runs.create([
    newRun(one, bundle),
    newRun(one, bundle),
    newRun(one, bundle),
  ]);
  if (!queued || !running || !done) throw new Error('no runs');
  await store.runs.move(running.id, 'start', { jobId: '0000000A', jobToken: 'A' }, 'take', 1);
  await store.runs.move(running.id, 'claimed', { flags: ['log-cut'] }, undefined, 2);
  await store.runs.move(done.id, 'fail', { code: 'BUG' }, undefined, 2);
  const machineIds = [one.id, two.id];
  const { id } = await store.deployments.create({
    bundleId: bundle.id,
    machineIds,
    requestedBy: 'x',
    atMs: 1,
  });
  await store.deployments.moveTarget(id, two.id, 'start', {}, 'take', 1);
  await store.placements.put({
    machineId: one.id,
    bundleId: bundle.id,
    folder: bundle.folder,
    placedAtMs: 1,
    verified: true,
  });
  await store.close();

  const database = await openDatabase(join(dataDir, 'fleet98.db'));
  await markRestored(database, 50);
  await markRestored(database, 60);
  await database.close();

  const again = await temporaryStore(dataDir);
  expect(await again.runs.get(queued.id)).toMatchObject({
    state: 'canceled',
    code: 'RESTORED',
    endedAtMs: 50,
  });
  expect(await again.runs.get(running.id)).toMatchObject({
    state: 'running',
    flags: ['log-cut', 'restored'],
    claimedAtMs: 2,
  });
  expect(await again.runs.get(done.id)).toMatchObject({ state: 'failed', code: 'BUG', flags: [] });
  expect(await again.deployments.target(id, one.id)).toMatchObject({ state: 'queued' });
  expect(await again.deployments.target(id, two.id)).toMatchObject({
    state: 'waiting',
    code: 'RESTORED',
    notBeforeMs: 50,
  });
  expect((await again.lanes.all()).map((lane) => lane.ownerId)).toEqual([`run:${running.id}`]);
  expect(await again.placements.listFor(one.id)).toMatchObject([{ verified: false }]);
});

test('a job id is unique over runs and targets together', async () => {
  const store = await temporaryStore();
  const { one, two, bundle } = await furnished(store);
  const [run] = await store.runs.create([newRun(one, bundle)]);
  const { id } = await store.deployments.create({
    bundleId: bundle.id,
    machineIds: [two.id],
    requestedBy: 'x',
    atMs: 1,
  });
  await store.deployments.moveTarget(id, two.id, 'start', { jobId: '0000000A' }, 'take', 1);
  await expect(
    store.runs.move(run?.id ?? 0, 'start', { jobId: '0000000A' }, 'take', 1),
  ).rejects.toMatchObject({ code: 'BUG' });
  expect((await store.runs.get(run?.id ?? 0))?.state).toBe('queued');
  await store.runs.move(run?.id ?? 0, 'start', { jobId: '0000000B' }, 'take', 1);
  expect([await store.runs.knowsJob('0000000A'), await store.runs.knowsJob('0000000B')]).toEqual([
    true,
    true,
  ]);
  expect(await store.runs.knowsJob('0000000C')).toBe(false);
});

test('what an ended run may have left on its machine is found until it is cleared away', async () => {
  const store = await temporaryStore();
  const { one, two, bundle } = await furnished(store);
  const [run, other] = await store.runs.create([newRun(one, bundle), newRun(two, bundle)]);
  if (!run || !other) throw new Error('no runs');
  for (const { id } of [run, other]) {
    await store.runs.move(id, 'start', { jobId: `0000000${id}` }, 'take', 1);
  }
  expect(await store.runs.leftovers(one.id)).toEqual([]);
  expect(await store.runs.abandon(run.id, { code: 'ABANDONED', detail: '' }, 2)).toBeUndefined();
  await store.runs.move(run.id, 'lose', {}, undefined, 2);
  const closed = await store.runs.abandon(run.id, { code: 'ABANDONED', detail: 'by hand' }, 3);
  expect(closed).toMatchObject({ state: 'failed', code: 'ABANDONED', endedAtMs: 3 });
  expect(await store.runs.leftovers(one.id)).toEqual([closed]);
  expect(await store.runs.leftovers(two.id)).toEqual([]);
  await store.runs.update(run.id, { jobLeft: false });
  expect(await store.runs.leftovers(one.id)).toEqual([]);
  await expect(store.runs.abandon(99, { code: 'ABANDONED', detail: '' }, 3)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});
