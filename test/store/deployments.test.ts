import { describe, expect, test } from 'vitest';
import type { Target, TargetEvent } from '../../src/domain/deployment.ts';
import { targetTable } from '../../src/domain/deployment.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { NewReceipt } from '../../src/store/receipts.ts';
import { everyItem, furnished, newBundle, newMachine, temporaryStore } from './fixtures.ts';

async function deployed(): Promise<Awaited<ReturnType<typeof furnished>> & { store: Store; id: number }> {
  const store = await temporaryStore();
  const things = await furnished(store);
  const { id } = await store.deployments.create({
    bundleId: things.bundle.id,
    requestedBy: 'test',
    atMs: 2000,
    machineIds: [things.two.id, things.one.id],
  });
  return { store, id, ...things };
}

const receipt = (target: Target, bundleId: number, path = 'B/AAAAAAAA/RUN.EXE'): NewReceipt => ({
  machineId: target.machineId,
  machineName: target.machineName,
  deploymentId: target.deploymentId,
  bundleId,
  path,
  sizeBytes: 3,
  sha256: 'f'.repeat(64),
  crc32: '00000001',
  method: 'agent-crc',
  requestedBy: 'test',
  atMs: 3000,
});

describe('a deployment', () => {
  test('has a queued target per machine, by the machines’ names', async () => {
    const { store, id, one, two, bundle } = await deployed();
    expect(await store.deployments.get(id)).toEqual({
      id,
      bundleId: bundle.id,
      bundleName: 'story',
      bundleVersion: 1,
      requestedBy: 'test',
      createdAtMs: 2000,
    });
    const queued = (machineId: string, machineName: string): Target => ({
      deploymentId: id,
      machineId,
      machineName,
      state: 'queued',
      attempts: 0,
      waitedMs: 0,
      bytesTotal: 0,
      bytesSent: 0,
    });
    expect(await store.deployments.targets(id)).toEqual([queued(one.id, 'one'), queued(two.id, 'two')]);
    expect(await store.deployments.target(id, one.id)).toEqual(queued(one.id, 'one'));
    expect(await store.deployments.target(id + 1, one.id)).toBeUndefined();
    expect(await store.deployments.get(id + 1)).toBeUndefined();
  });

  test('names a machine once, and leaves nothing when one does not exist', async () => {
    const { store, one, bundle } = await deployed();
    const input = { bundleId: bundle.id, requestedBy: 'test', atMs: 1 };
    const { id } = await store.deployments.create({ ...input, machineIds: [one.id, one.id] });
    expect(await store.deployments.targets(id)).toHaveLength(1);
    for (const wrong of [
      { ...input, machineIds: [one.id, '0'.repeat(16)] },
      { ...input, bundleId: 99, machineIds: [] },
    ]) {
      await expect(store.deployments.create(wrong)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    expect((await store.deployments.list({ limit: 9 })).items).toHaveLength(2);
  });

  test('can have more machines than one statement takes', async () => {
    const { store, bundle } = await deployed();
    const machineIds: string[] = [];
    for (let index = 0; index < 1001; index++) {
      machineIds.push((await store.machines.create(newMachine(`pc${index}`))).id);
    }
    const { id } = await store.deployments.create({
      bundleId: bundle.id,
      requestedBy: 'test',
      atMs: 1,
      machineIds,
    });
    expect(await store.deployments.targets(id)).toHaveLength(1001);
  });

  test('is listed newest first, in pages, by filters', async () => {
    const { store, one, two, bundle } = await deployed();
    const { bundle: other } = await store.bundles.create(newBundle('other', 'b'.repeat(64)));
    for (const [index, machine] of [one, two, one, two].entries()) {
      await store.deployments.create({
        bundleId: index === 1 ? other.id : bundle.id,
        requestedBy: 'test',
        atMs: 2000 + Math.floor(index / 2) * 1000,
        machineIds: [machine.id],
      });
    }
    const ids = async (filter: Omit<Parameters<typeof store.deployments.list>[0], 'limit'> = {}) =>
      (await everyItem((after) => store.deployments.list({ ...filter, limit: 2, after }))).map((page) =>
        page.map((deployment) => deployment.id),
      );
    expect(await ids()).toEqual([[5, 4], [3, 2], [1]]);
    expect(await ids({ bundleId: other.id })).toEqual([[3]]);
    expect(await ids({ machineId: one.id })).toEqual([[4, 2], [1]]);
    expect(await ids({ since: 3000 })).toEqual([[5, 4]]);
    expect(await ids({ until: 2999 })).toEqual([[3, 2], [1]]);
    expect(await ids({ since: 2500, until: 2900 })).toEqual([[]]);
  });
});

describe('a target', () => {
  test('moves as the table says, with patch and times', async () => {
    const { store, id, one } = await deployed();
    const move = (event: TargetEvent, patch = {}, atMs = 1) =>
      store.deployments.moveTarget(id, one.id, event, patch, undefined, atMs);
    expect(await move('start', { bytesTotal: 10 }, 50)).toMatchObject({
      state: 'preflight',
      bytesTotal: 10,
      startedAtMs: 50,
    });
    await move('postpone', { code: 'UNREACHABLE', detail: 'no answer', notBeforeMs: 99, attempts: 1 });
    expect(await move('resume', { code: null, detail: null, notBeforeMs: null }, 60)).toEqual({
      deploymentId: id,
      machineId: one.id,
      machineName: 'one',
      state: 'preflight',
      waitedMs: 0,
      attempts: 1,
      bytesTotal: 10,
      bytesSent: 0,
      startedAtMs: 50,
    });
    await move('cleared');
    await move('sent', { bytesSent: 10, bytesPerSecond: 2.5, jobId: '0000000A', jobToken: 'T' });
    await move('verified');
    expect(await move('placed', {}, 90)).toMatchObject({
      state: 'done',
      bytesSent: 10,
      bytesPerSecond: 2.5,
      jobId: '0000000A',
      endedAtMs: 90,
    });
  });

  test('refuses each event that cannot happen, and nothing changes', async () => {
    const { store, id, one } = await deployed();
    const before = await store.deployments.target(id, one.id);
    const allowed = new Set(Object.keys(targetTable.queued));
    const events = new Set(Object.values(targetTable).flatMap((row) => Object.keys(row)));
    const holes = [...events].filter((event): event is TargetEvent => !allowed.has(event));
    expect(holes.length).toBeGreaterThan(5);
    for (const event of holes) {
      const moving = store.deployments.moveTarget(id, one.id, event, { attempts: 7 }, 'take', 1);
      await expect(moving).rejects.toMatchObject({ code: 'BUG' });
    }
    expect(await store.deployments.target(id, one.id)).toEqual(before);
    expect(await store.lanes.all()).toEqual([]);
    const nowhere = store.deployments.moveTarget(id, '0'.repeat(16), 'start', {}, undefined, 1);
    await expect(nowhere).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('begins a try only while it waits for one, and its lane is free', async () => {
    const { store, id, one } = await deployed();
    const begin = () => store.deployments.beginTarget(id, one.id, 5);
    const other = { machineId: one.id, kind: 'files', ownerId: 'verify:1', sinceMs: 1 } as const;
    await store.lanes.take(other);
    expect(await begin()).toBeUndefined();
    await store.lanes.release(one.id, other.ownerId);
    expect(await begin()).toMatchObject({ state: 'preflight', startedAtMs: 5 });
    expect(await begin()).toBeUndefined();
    const said = { code: 'LINK_LOST', detail: 'gone', notBeforeMs: 9 };
    await store.deployments.moveTarget(id, one.id, 'postpone', said, 'release', 6);
    const again = await begin();
    expect(again).toMatchObject({ state: 'preflight', startedAtMs: 5 });
    for (const key of Object.keys(said)) expect(again).not.toHaveProperty(key);
    await store.deployments.moveTarget(id, one.id, 'cancel', {}, undefined, 7);
    expect(await begin()).toBeUndefined();
  });

  test('is open until its end, the oldest deployment’s first', async () => {
    const { store, id, one, two, bundle } = await deployed();
    const later = await store.deployments.create({
      bundleId: bundle.id,
      requestedBy: 'test',
      atMs: 1,
      machineIds: [one.id],
    });
    const open = async () =>
      (await store.deployments.openTargets()).map((target) => [target.deploymentId, target.machineName]);
    expect(await open()).toEqual([
      [id, 'one'],
      [id, 'two'],
      [later.id, 'one'],
    ]);
    await store.deployments.moveTarget(id, one.id, 'cancel', {}, undefined, 1);
    await store.deployments.moveTarget(id, two.id, 'start', {}, undefined, 1);
    expect(await open()).toEqual([
      [id, 'two'],
      [later.id, 'one'],
    ]);
  });

  test('keeps its state when figures are noted', async () => {
    const { store, id, one } = await deployed();
    await store.deployments.updateTarget(id, one.id, { bytesSent: 4, jobId: 'AAAAAAAA', jobToken: 'B' });
    await store.deployments.updateTarget(id, one.id, { jobId: null, bytesSent: undefined });
    await store.deployments.updateTarget(id, one.id, {});
    const target = await store.deployments.target(id, one.id);
    expect(target).toMatchObject({ state: 'queued', bytesSent: 4, jobToken: 'B' });
    expect(target).not.toHaveProperty('jobId');
  });
});

/** A target one step before its end, with its lane. */
async function placing() {
  const things = await deployed();
  const { store, id, one } = things;
  await store.deployments.moveTarget(id, one.id, 'start', {}, 'take', 1);
  for (const event of ['cleared', 'sent', 'verified'] as const) {
    await store.deployments.moveTarget(id, one.id, event, {}, undefined, 1);
  }
  const target = await store.deployments.target(id, one.id);
  if (!target) throw new Error('no target');
  const placement = {
    machineId: one.id,
    bundleId: things.bundle.id,
    folder: things.bundle.folder,
    placedAtMs: 3000,
    verified: true,
  };
  return { ...things, target, placement };
}

describe('the end of a target', () => {
  test('comes with receipts and placement, and gives the lane back', async () => {
    const { store, id, one, bundle, target, placement } = await placing();
    const receipts = [receipt(target, bundle.id), receipt(target, bundle.id, 'B/AAAAAAAA/B.BIN')];
    expect(
      await store.deployments.finishTarget(
        id,
        one.id,
        'placed',
        { method: 'agent-crc', receipts, placement },
        4000,
      ),
    ).toMatchObject({ state: 'done', endedAtMs: 4000, proof: 'agent-crc' });
    expect(await store.lanes.all()).toEqual([]);
    expect(await store.placements.get(one.id, bundle.id)).toEqual(placement);
    const { items } = await store.receipts.list({ limit: 9, deploymentId: id });
    expect(items.map((item) => item.path)).toEqual(['B/AAAAAAAA/B.BIN', 'B/AAAAAAAA/RUN.EXE']);
    expect(items[1]).toEqual({ ...receipts[0], id: 1 });
    await store.machines.update(one.id, { name: 'renamed' }, 5000);
    const [seen] = (await store.receipts.list({ limit: 1, machineId: one.id })).items;
    expect(seen?.machineName).toBe('one');
  });

  test('is all or nothing', async () => {
    const { store, id, one, bundle, target, placement } = await placing();
    const wrong = { ...receipt(target, bundle.id), deploymentId: 999 };
    const method = 'agent-crc';
    const proof = { method, receipts: [receipt(target, bundle.id), wrong], placement } as const;
    await expect(store.deployments.finishTarget(id, one.id, 'placed', proof, 1)).rejects.toThrow();
    const early = { method, receipts: [receipt(target, bundle.id)], placement } as const;
    await expect(store.deployments.finishTarget(id, one.id, 'current', early, 1)).rejects.toMatchObject({
      code: 'BUG',
    });
    expect(await store.deployments.target(id, one.id)).toEqual(target);
    expect(await store.placements.listFor(one.id)).toEqual([]);
    expect((await store.receipts.list({ limit: 9 })).items).toEqual([]);
    expect(await store.lanes.get(one.id)).toMatchObject({ ownerId: `deployment:${id}` });
  });
});

describe('receipts and placements', () => {
  test('are found by machine, deployment and bundle', async () => {
    const { store, id, one, two, bundle } = await deployed();
    const targets = await store.deployments.targets(id);
    await store.receipts.add([
      ...targets.map((target) => receipt(target, bundle.id)),
      ...targets.map((target) => receipt(target, bundle.id, 'SECOND')),
    ]);
    const ids = async (filter: object) =>
      (await everyItem((after) => store.receipts.list({ ...filter, limit: 3, after }))).map((page) =>
        page.map((item) => item.id),
      );
    expect(await ids({})).toEqual([[4, 3, 2], [1]]);
    expect(await ids({ machineId: two.id })).toEqual([[4, 2]]);
    expect(await ids({ machineId: one.id, deploymentId: id, bundleId: bundle.id })).toEqual([[3, 1]]);
    expect(await ids({ bundleId: 99 })).toEqual([[]]);
  });

  test('of a machine become unverified together, and can be taken away', async () => {
    const { store, one, two, bundle } = await deployed();
    const { bundle: other } = await store.bundles.create(newBundle('other', 'b'.repeat(64)));
    const place = (machineId: string, bundleId: number, verified = true) =>
      store.placements.put({ machineId, bundleId, folder: 'B/X', placedAtMs: bundleId, verified });
    await place(one.id, bundle.id);
    await place(one.id, other.id);
    await place(two.id, bundle.id);
    await store.placements.markUnverified(one.id);
    const verified = async (machineId: string) =>
      (await store.placements.listFor(machineId)).map((placement) => placement.verified);
    expect(await verified(one.id)).toEqual([false, false]);
    expect(await verified(two.id)).toEqual([true]);
    await place(one.id, other.id);
    expect(await verified(one.id)).toEqual([false, true]);
    await store.placements.remove(one.id, bundle.id);
    expect(await store.placements.get(one.id, bundle.id)).toBeUndefined();
    expect(await verified(one.id)).toEqual([true]);
  });
});
