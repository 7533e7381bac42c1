import { describe, expect, test } from 'vitest';
import { newBundle, newMachine, newRun, temporaryStore } from './fixtures.ts';

async function readyStore() {
  const store = await temporaryStore();
  const machine = await store.machines.create(newMachine('one'));
  const { bundle } = await store.bundles.create(newBundle('demo'));
  return { store, machine, bundle };
}

const request = { asker: 'local', key: 'k', hash: 'h', atMs: 5_000 };
const deploymentOf = (bundleId: number, ...machineIds: string[]) => ({
  bundleId,
  machineIds,
  requestedBy: 'local',
  atMs: 1_000,
});

describe('a request key', () => {
  test('is kept with what was made', async () => {
    const { store, machine, bundle } = await readyStore();
    expect(await store.requests.find(request)).toBeUndefined();
    const deployment = deploymentOf(bundle.id, machine.id);
    const runs = await store.runs.create([newRun(machine, bundle)], { request, deployments: [deployment] });
    expect(await store.requests.find(request)).toEqual({ deploymentId: 1, runIds: runs.map(({ id }) => id) });
    expect(await store.deployments.targets(1)).toMatchObject([{ machineName: 'one', state: 'queued' }]);
  });

  test('that is there already keeps everything else out', async () => {
    const { store, machine, bundle } = await readyStore();
    const deployment = deploymentOf(bundle.id, machine.id);
    await store.deployments.create(deployment, request);
    await expect(store.deployments.create(deployment, request)).rejects.toThrow();
    await expect(
      store.runs.create([newRun(machine, bundle)], { request, deployments: [deployment] }),
    ).rejects.toThrow();
    expect((await store.deployments.list({ limit: 10 })).items).toHaveLength(1);
    expect((await store.runs.list({ limit: 10 })).items).toHaveLength(0);
  });

  test('is not kept when nothing was made', async () => {
    const { store, machine, bundle } = await readyStore();
    const wrong = { ...newRun(machine, bundle), bundleId: 99 };
    await expect(store.runs.create([newRun(machine, bundle), wrong], { request })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await store.requests.find(request)).toBeUndefined();
  });

  test('belongs to who asked, and to one request', async () => {
    const { store, machine, bundle } = await readyStore();
    await store.deployments.create(deploymentOf(bundle.id, machine.id), request);
    expect(await store.requests.find({ ...request, asker: 'other' })).toBeUndefined();
    await expect(store.requests.find({ ...request, hash: 'another' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  test('is forgotten when it is old', async () => {
    const { store, machine, bundle } = await readyStore();
    await store.deployments.create(deploymentOf(bundle.id, machine.id), request);
    await store.requests.forgetBefore(5_000);
    expect(await store.requests.find(request)).toEqual({ deploymentId: 1 });
    await store.requests.forgetBefore(5_001);
    expect(await store.requests.find(request)).toBeUndefined();
  });
});
