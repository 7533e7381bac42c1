import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Bundle, Command } from '../../src/domain/bundle.ts';
import { haveBuiltAgent } from '../support/built-agent.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const command: Command = { program: 'node', args: ['GO.JS'], keep: [] };
const files = { 'A.BIN': text('a'.repeat(4000)), 'B.BIN': text('b'.repeat(5000)), 'C.BIN': text('c') };

const folderOf = (fleet: TestFleet, bundle: Bundle, pc = 'old'): string =>
  join(fleet.folder, pc, 'FLEET98', bundle.folder);
const spoolFolder = (fleet: TestFleet, name: string): string => join(fleet.folder, 'old', 'FLEET98', name);

const states = async (fleet: TestFleet, bundle?: string) =>
  (await fleet.operations.verifyMachine('old', bundle)).map(
    ({ bundle: seen, marker, isWhole, files: all }) => ({
      bundle: `${seen.name}@${seen.version}`,
      marker,
      isWhole,
      files: all.map(({ file, state, method }) => `${file.name} ${state} ${method}`),
    }),
  );

async function isVerified(fleet: TestFleet, bundle: Bundle): Promise<boolean | undefined> {
  const machine = await fleet.store.machines.findByName('old');
  return (await fleet.store.placements.get(machine?.id ?? '', bundle.id))?.verified;
}

describe.each(['ts', 'c'] as const)('a bundle that a person meddled with, with the %s agent', (agent) => {
  test.skipIf(agent === 'c' && !haveBuiltAgent())(
    'is found by verify and by a deploy, and only what is wrong is sent again',
    async () => {
      await using fleet = await TestFleet.start();
      await fleet.addPc('old', agent);
      const bundle = await fleet.addBundle('three', files);
      await fleet.deploy('three', ['old']);
      const folder = folderOf(fleet, bundle);
      expect(await states(fleet)).toEqual([
        {
          bundle: 'three@1',
          marker: 'right',
          isWhole: true,
          files: ['A.BIN ok agent-crc', 'B.BIN ok agent-crc', 'C.BIN ok agent-crc'],
        },
      ]);

      writeFileSync(join(folder, 'B.BIN'), 'B'.repeat(5000));
      rmSync(join(folder, 'C.BIN'));
      expect(await states(fleet, 'three')).toMatchObject([
        {
          isWhole: false,
          files: ['A.BIN ok agent-crc', 'B.BIN changed agent-crc', 'C.BIN missing agent-crc'],
        },
      ]);
      expect(await isVerified(fleet, bundle)).toBe(false);
      expect(await fleet.deploy('three', ['old'])).toMatchObject([
        { state: 'done', bytesTotal: 5001, bytesSent: 5001, proof: 'agent-crc' },
      ]);
      expect(readFileSync(join(folder, 'B.BIN'), 'utf8')).toBe('b'.repeat(5000));
      expect(readFileSync(join(folder, 'C.BIN'), 'utf8')).toBe('c');
      expect(await isVerified(fleet, bundle)).toBe(true);
      for (const name of ['STAGE', 'IN', 'RUN', 'OUT'])
        expect(readdirSync(spoolFolder(fleet, name))).toEqual([]);
    },
  );
});

test.each<[string, (folder: string) => void]>([
  ['gone', (folder) => rmSync(join(folder, 'BUNDLE.OK'))],
  ['of other files', (folder) => writeFileSync(join(folder, 'BUNDLE.OK'), 'v=1\r\neof=1\r\n')],
])('a BUNDLE.OK that is %s is made anew', async (_what, meddle) => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  const bundle = await fleet.addBundle('three', files);
  await fleet.deploy('three', ['old']);
  meddle(folderOf(fleet, bundle));
  expect(await states(fleet)).toMatchObject([{ isWhole: false }]);
  expect(await fleet.deploy('three', ['old'])).toMatchObject([{ state: 'done' }]);
  expect(await states(fleet)).toMatchObject([{ isWhole: true, marker: 'right' }]);
});

test('a deploy of what lies there right measures it again, sends nothing, and testifies', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  await fleet.addBundle('three', files);
  await fleet.deploy('three', ['old']);
  expect(await fleet.deploy('three', ['old'])).toMatchObject([
    { state: 'already-current', bytesTotal: 0, proof: 'agent-crc' },
  ]);
  const { items } = await fleet.store.receipts.list({ limit: 100 });
  expect(items.map((receipt) => receipt.deploymentId)).toEqual([2, 2, 2, 1, 1, 1]);
});

test('remove takes files, folder and placement away, and leaves the receipts', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  const bundle = await fleet.addBundle('three', files);
  // The same content under another name has the same folder.
  const twin = await fleet.addBundle('twin', files);
  expect(twin.folder).toBe(bundle.folder);
  await fleet.deploy('three', ['old']);
  await fleet.deploy('twin', ['old']);
  await fleet.operations.removeBundle('old', 'three');
  expect(await states(fleet)).toMatchObject([{ bundle: 'twin@1', isWhole: true }]);
  await fleet.operations.removeBundle('old', 'twin@1');
  expect(existsSync(folderOf(fleet, bundle))).toBe(false);
  expect(await states(fleet)).toEqual([]);
  expect((await fleet.store.receipts.list({ limit: 100 })).items).toHaveLength(6);
  await expect(fleet.operations.removeBundle('old', 'twin')).rejects.toMatchObject({ code: 'NOT_DEPLOYED' });
  expect(await fleet.deploy('three', ['old'])).toMatchObject([{ state: 'done', bytesSent: 9001 }]);
});

test('what a run needs is not removed, and a busy machine is left alone', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  await fleet.addBundle('loop', { 'GO.JS': text('setInterval(() => {}, 1000)') }, command);
  await fleet.addBundle('three', files);
  await fleet.deploy('three', ['old']);
  await fleet.deploy('loop', ['old']);
  const { id } = await fleet.startRun('loop', 'old');
  await fleet.runWhen(id, 'running', (run) => run.state === 'running');
  const { operations } = fleet;
  await expect(operations.removeBundle('old', 'loop')).rejects.toMatchObject({ code: 'BUNDLE_IN_USE' });
  await expect(operations.removeBundle('old', 'three')).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
  await expect(operations.verifyMachine('old')).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
  await operations.cancelRun(id);
  await fleet.runEnd(id);
  await operations.removeBundle('old', 'loop');
});

/** Deploys versions 1 to `count` of a bundle, one after the other. */
async function deployVersions(fleet: TestFleet, count: number, names = ['old']): Promise<Bundle[]> {
  const versions: Bundle[] = [];
  for (let version = 1; version <= count; version += 1) {
    versions.push(await fleet.addBundle('app', { ...files, 'V.TXT': text(`version ${version}`) }));
    await fleet.deploy('app', names);
  }
  return versions;
}

test('the last two versions stay, older ones are removed when the machine has nothing else to do', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  const [one, two, three] = await deployVersions(fleet, 3);
  if (!one || !two || !three) throw new Error('three versions are needed');
  await waitFor('the first version to go', async () => (await isVerified(fleet, one)) === undefined);
  expect(existsSync(folderOf(fleet, one))).toBe(false);
  expect(await states(fleet)).toMatchObject([
    { bundle: 'app@2', isWhole: true },
    { bundle: 'app@3', isWhole: true },
  ]);
});

describe('a rollback', () => {
  test('deploys the older folder, sends nothing, and counts as the version in use', async () => {
    await using fleet = await TestFleet.start();
    await fleet.addPc('old');
    const versions = await deployVersions(fleet, 2);
    const back = await fleet.operations.rollBackDeployment(2, 'somebody');
    expect(back.deployment).toMatchObject({ bundleName: 'app', bundleVersion: 1, requestedBy: 'somebody' });
    const ended = await waitFor('the rollback', async () => {
      const [target] = await fleet.store.deployments.targets(back.deployment.id);
      return target?.endedAtMs !== undefined && target;
    });
    expect(ended).toMatchObject({ state: 'already-current', bytesTotal: 0 });
    await expect(fleet.operations.rollBackDeployment(back.deployment.id, 'somebody')).rejects.toMatchObject({
      code: 'NO_OLDER_VERSION',
    });
    // Version 1 was in use last, so version 2 goes when a third one comes.
    const third = await fleet.addBundle('app', { 'V.TXT': text('version 3') });
    await fleet.deploy('app', ['old']);
    const [, second] = versions;
    if (!second) throw new Error('a second version is needed');
    expect(third.version).toBe(3);
    const placed = async () => (await states(fleet)).map(({ bundle }) => bundle);
    expect(await placed()).toContain('app@1');
  });

  test('is refused where machines had different versions before', async () => {
    await using fleet = await TestFleet.start();
    await fleet.addPc('old');
    await fleet.addPc('new');
    await deployVersions(fleet, 1, ['old']);
    await fleet.addBundle('app', { 'V.TXT': text('version 2') });
    await fleet.deploy('app', ['new']);
    await fleet.addBundle('app', { 'V.TXT': text('version 3') });
    await fleet.deploy('app', ['new', 'old']);
    await expect(fleet.operations.rollBackDeployment(3, 'somebody')).rejects.toMatchObject({
      code: 'ROLLBACK_UNCLEAR',
      message: 'new and old had different versions of app: deploy each of them by name@version',
    });
    await expect(fleet.operations.rollBackDeployment(1, 'somebody')).rejects.toMatchObject({
      code: 'NO_OLDER_VERSION',
      message: 'no version of app before 1 is on old',
    });
  });
});

test('a version that a rollback brings back just before the lane is taken is not tidied away', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  const [one] = await deployVersions(fleet, 2);
  if (!one) throw new Error('a first version is needed');
  const { lanes, placements } = fleet.store;
  const take = lanes.take.bind(lanes);
  let tidied = 0;
  lanes.take = async (lane) => {
    const before = await placements.get(lane.machineId, one.id);
    // As if it had been deployed again meanwhile.
    if (before && lane.ownerId.startsWith('tidy:')) {
      await placements.put({ ...before, placedAtMs: Date.now() + 1000 });
      tidied += 1;
    }
    return take(lane);
  };
  await fleet.addBundle('app', { 'V.TXT': text('version 3') });
  await fleet.deploy('app', ['old']);
  await waitFor('the tidying', async () => tidied > 0 && (await lanes.all()).length === 0);
  expect(existsSync(join(folderOf(fleet, one), 'BUNDLE.OK'))).toBe(true);
});
