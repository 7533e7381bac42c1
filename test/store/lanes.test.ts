import { describe, expect, test } from 'vitest';
import { furnished, newRun, temporaryStore } from './fixtures.ts';

async function rivals() {
  const store = await temporaryStore();
  const { one, two, bundle } = await furnished(store);
  await store.runs.create([newRun(one, bundle), newRun(one, bundle), newRun(two, bundle)]);
  const { id } = await store.deployments.create({
    bundleId: bundle.id,
    requestedBy: 'test',
    atMs: 1,
    machineIds: [one.id],
  });
  const startRun = (run: number) => store.runs.move(run, 'start', { jobToken: 'mine' }, 'take', 10);
  const startTarget = () => store.deployments.moveTarget(id, one.id, 'start', { attempts: 3 }, 'take', 20);
  return { store, one, two, deploymentId: id, startRun, startTarget };
}

describe('the lane of a machine', () => {
  test('belongs to one owner; for the others nothing changes', async () => {
    const { store, one, two, deploymentId, startRun, startTarget } = await rivals();
    expect(await startRun(1)).toMatchObject({ state: 'starting', jobToken: 'mine' });
    expect(await store.lanes.get(one.id)).toEqual({
      machineId: one.id,
      kind: 'run',
      ownerId: 'run:1',
      sinceMs: 10,
    });
    expect(await startRun(2)).toBeUndefined();
    expect(await startTarget()).toBeUndefined();
    const loser = await store.runs.get(2);
    expect(loser?.state).toBe('queued');
    expect(loser).not.toHaveProperty('jobToken');
    expect(loser).not.toHaveProperty('startedAtMs');
    expect(await store.deployments.target(deploymentId, one.id)).toMatchObject({
      state: 'queued',
      attempts: 0,
    });
    expect(await startRun(3)).toMatchObject({ state: 'starting' });
    expect((await store.lanes.all()).map((lane) => lane.ownerId).toSorted()).toEqual(['run:1', 'run:3']);
    expect(await store.lanes.get(two.id)).toMatchObject({ ownerId: 'run:3' });
  });

  test('goes to exactly one of many who want it at once', async () => {
    const { startRun, startTarget } = await rivals();
    const moved = await Promise.all([startTarget(), startRun(1), startRun(2)]);
    expect(moved.filter((one) => one !== undefined)).toHaveLength(1);
  });

  test('stays with its owner who takes it again', async () => {
    const { store, one, deploymentId, startTarget } = await rivals();
    await startTarget();
    const move = (event: 'postpone' | 'resume', lane: 'take' | undefined) =>
      store.deployments.moveTarget(deploymentId, one.id, event, {}, lane, 99);
    expect(await move('postpone', undefined)).toMatchObject({ state: 'waiting' });
    expect(await move('resume', 'take')).toMatchObject({ state: 'preflight' });
    expect(await store.lanes.get(one.id)).toMatchObject({ kind: 'deploy', sinceMs: 20 });
  });

  test('is given back on the word, and by others never', async () => {
    const { store, one, deploymentId, startRun, startTarget } = await rivals();
    await startTarget();
    await store.lanes.release(one.id, 'run:1');
    await store.runs.move(1, 'fail', {}, 'release', 1);
    expect(await store.lanes.get(one.id)).toMatchObject({ ownerId: `deployment:${deploymentId}` });
    await store.deployments.moveTarget(deploymentId, one.id, 'postpone', {}, 'release', 1);
    expect(await store.lanes.get(one.id)).toBeUndefined();
    expect(await startRun(2)).toBeDefined();
    await store.lanes.release(one.id, 'run:2');
    expect(await store.lanes.get(one.id)).toBeUndefined();
  });

  test.each([
    ['a failed run', 'fail'],
    ['a lost run', 'lose'],
  ] as const)('is given back by %s', async (_, event) => {
    const { store, one, startRun } = await rivals();
    await startRun(1);
    await store.runs.move(1, event, {}, undefined, 30);
    expect(await store.lanes.get(one.id)).toBeUndefined();
    expect(await startRun(2)).toBeDefined();
  });

  test('is taken anew by a lost run that is found', async () => {
    const { store, one, startRun } = await rivals();
    await startRun(1);
    await store.runs.move(1, 'lose', {}, undefined, 30);
    await startRun(2);
    expect(await store.runs.move(1, 'found', {}, 'take', 40)).toBeUndefined();
    expect((await store.runs.get(1))?.state).toBe('lost');
    await store.runs.move(2, 'fail', {}, undefined, 50);
    expect(await store.runs.move(1, 'found', {}, 'take', 60)).toMatchObject({ state: 'running' });
    expect(await store.lanes.get(one.id)).toMatchObject({ ownerId: 'run:1', sinceMs: 60 });
  });

  test('is given back by an ended target', async () => {
    const { store, one, deploymentId, startTarget } = await rivals();
    await startTarget();
    await store.deployments.moveTarget(
      deploymentId,
      one.id,
      'blocked',
      { code: 'DISK_TOO_SMALL' },
      undefined,
      1,
    );
    expect(await store.lanes.all()).toEqual([]);
  });
});
