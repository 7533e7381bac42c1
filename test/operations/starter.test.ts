import { expect, test } from 'vitest';
import { TestFleet } from '../support/test-fleet.ts';
import { KitFolder } from '../support/kit-folder.ts';

const engine = (words: string): string => `#!/bin/sh\necho "${words} $*"\n`;
const request = { parameters: {}, limits: {}, deploy: false, requestedBy: 'test' };

/** PCs, Raspberry Pis and Windows have a starter each; those for Linux are scripts that the simulated PCs can run. */
async function starterFleet(kit: KitFolder): Promise<TestFleet> {
  for (const platform of ['linux-x86_64', 'linux-armel'])
    kit.put(platform, 'TINY98.EXE', engine(`on ${platform}`));
  kit.put('win9x', 'TINY98.EXE', engine('on win9x'));
  const fleet = new TestFleet();
  fleet.kits = kit.kits;
  await fleet.startDaemon();
  return fleet;
}

/** A PC with Linux on a processor that it says it has. */
async function addLinux(fleet: TestFleet, name: string, arch: string): Promise<void> {
  await fleet.addPc(name, 'ts', { platform: 'linux' });
  const machine = await fleet.store.machines.findByName(name);
  if (!machine?.agent) throw new Error('no agent has told of itself');
  await fleet.store.machines.update(machine.id, { agent: { ...machine.agent, arch } }, 1);
}

const bundleNames = async (fleet: TestFleet): Promise<string[]> =>
  (await fleet.store.bundles.list({ limit: 50 })).items.map(({ name, version }) => `${name}@${version}`);

test('the built-in bundles are made once for each platform; other bytes make a new version', async () => {
  using kit = new KitFolder();
  await using fleet = await starterFleet(kit);
  const made = await fleet.operations.furnishStarters();
  expect(made.map(({ name, version }) => `${name}@${version}`)).toEqual([
    'starter-linux-x86_64@1',
    'starter-linux-armel@1',
    'starter-win9x@1',
  ]);
  expect(made[0]).toMatchObject({ engine: 'llama2c', command: { exe: 'TINY98.EXE' } });
  expect(await fleet.operations.furnishStarters()).toEqual([]);
  kit.put('win9x', 'TINY98.EXE', engine('newer'));
  expect(await fleet.operations.furnishStarters()).toMatchObject([{ name: 'starter-win9x', version: 2 }]);
  expect(await bundleNames(fleet)).toHaveLength(4);
});

test('run brings the starter first, to each machine its own', async () => {
  using kit = new KitFolder();
  await using fleet = await starterFleet(kit);
  await fleet.operations.furnishStarters();
  await addLinux(fleet, 'pi', 'armv6l');
  await addLinux(fleet, 'pc', 'x86_64');
  const runs = await fleet.operations.run({
    ...request,
    bundle: 'starter',
    machines: { names: ['pc', 'pi'] },
    parameters: { steps: 3, prompt: 'Once', temperature: 0, seed: 7 },
  });
  const ended = await Promise.all(runs.map(({ id }) => fleet.runEnd(id)));
  expect(ended.map(({ machineName, state, simulated }) => [machineName, state, simulated])).toEqual([
    ['pc', 'succeeded', true],
    ['pi', 'succeeded', true],
  ]);
  const words = 'MODEL.BIN -z TOK.BIN -t 0 -p 0.9 -s 7 -n 3 -i Once';
  expect(ended.map(({ text }) => text)).toEqual([`on linux-x86_64 ${words}`, `on linux-armel ${words}`]);
  const history = await fleet.store.history.list(runs[0]?.machineId ?? '', { limit: 5 });
  expect(history.items.map(({ kind }) => kind)).toEqual(['run', 'deployment']);
});

test('a second run finds the starter there; verify and removal know it by its short name', async () => {
  using kit = new KitFolder();
  await using fleet = await starterFleet(kit);
  await fleet.operations.furnishStarters();
  await addLinux(fleet, 'pc', 'x86_64');
  const machines = { names: ['pc'] };
  for (let time = 0; time < 2; time += 1) {
    const [run] = await fleet.operations.run({ ...request, bundle: 'starter', machines });
    expect((await fleet.runEnd(run?.id ?? 0)).state).toBe('succeeded');
  }
  const { items } = await fleet.store.deployments.list({ limit: 10 });
  expect(items).toHaveLength(1);
  expect(await fleet.operations.verifyMachine('pc', 'starter')).toMatchObject([
    { bundle: { name: 'starter-linux-x86_64' }, isWhole: true },
  ]);
  expect(await fleet.operations.removeBundle('pc', 'starter')).toMatchObject({
    name: 'starter-linux-x86_64',
  });
});

test('a benchmark of the starter measures each machine with its own', async () => {
  using kit = new KitFolder();
  await using fleet = await starterFleet(kit);
  await fleet.operations.furnishStarters();
  await addLinux(fleet, 'pi', 'armv6l');
  await addLinux(fleet, 'pc', 'x86_64');
  const measure = async (bundles: string[], names: string[], repetitions: number): Promise<string[]> => {
    const plan = { ...request, bundles, machines: { names }, repetitions, warmUps: 0 };
    const { id } = await fleet.operations.createBenchmark(plan);
    const runs = await fleet.store.benchmarks.runs(id);
    const ended = await Promise.all(runs.map((run) => fleet.runEnd(run.id)));
    return ended.map(({ machineName, bundleName, state }) => `${machineName} ${bundleName} ${state}`);
  };
  const [onPc, onPi] = ['pc starter-linux-x86_64 succeeded', 'pi starter-linux-armel succeeded'];
  const both = await measure(['starter'], ['pi', 'pc'], 2);
  expect(both.toSorted()).toEqual([onPc, onPc, onPi, onPi]);
});

test('machines that need different starters are not deployed to together, and one that has none is told so', async () => {
  using kit = new KitFolder();
  await using fleet = await starterFleet(kit);
  await fleet.operations.furnishStarters();
  await fleet.addPc('pi', 'ts', { platform: 'linux' });
  await fleet.addPc('p2');
  await fleet.addPc('sun', 'ts', { platform: 'unix' });
  const deploy = (...names: string[]) =>
    fleet.operations.deploy({ bundle: 'starter', machines: { names }, requestedBy: 'test' });
  await expect(deploy('pi', 'p2')).rejects.toMatchObject({ code: 'STARTER_MIXED' });
  await expect(deploy('p2', 'sun')).rejects.toMatchObject({
    code: 'NO_READY_PROGRAM',
    message: expect.stringMatching(/^there is no starter for sun \(unix/),
  });
  expect((await deploy('p2')).targets).toHaveLength(1);
  expect(await fleet.operations.findBundleFor('starter', { names: ['p2'] })).toMatchObject({
    name: 'starter-win9x',
  });
  await expect(fleet.operations.findBundle('starter')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'there is no bundle starter; starter alone means the one that fits the machine',
  });
});

test('a simulated Windows PC cannot run the starter for Windows, and says so before anything is sent', async () => {
  await using fleet = await TestFleet.start();
  await fleet.operations.furnishStarters();
  await fleet.addPc('p2');
  const refusal = {
    code: 'NO_READY_PROGRAM',
    message: expect.stringMatching(/^p2 is only simulated: .* starter-win9x is none of its own/),
  };
  const machines = { names: ['p2'] };
  const asked = { ...request, bundle: 'starter', machines };
  await expect(fleet.operations.run(asked)).rejects.toMatchObject(refusal);
  await expect(fleet.operations.deploy(asked)).rejects.toMatchObject(refusal);
  expect((await fleet.store.deployments.list({ limit: 5 })).items).toEqual([]);
});

test('nobody else gives a bundle the name of a built-in one', async () => {
  using kit = new KitFolder();
  await using fleet = await starterFleet(kit);
  for (const name of ['starter', 'starter-win9x', 'starter-mine']) {
    await expect(fleet.addBundle(name, { 'A.TXT': new Uint8Array([1]) })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  }
  expect((await fleet.addBundle('starters', { 'A.TXT': new Uint8Array([1]) })).version).toBe(1);
});

test('without ready-made programs there is no starter, and nothing else is missing', async () => {
  using kit = new KitFolder();
  const fleet = new TestFleet();
  fleet.kits = kit.kits;
  await using _ = fleet;
  await fleet.startDaemon();
  expect(await fleet.operations.furnishStarters()).toEqual([]);
  await fleet.addPc('p2');
  await expect(
    fleet.operations.run({ ...request, bundle: 'starter', machines: { names: ['p2'] } }),
  ).rejects.toMatchObject({ code: 'NO_READY_PROGRAM' });
});
