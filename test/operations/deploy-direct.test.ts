import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Bundle } from '../../src/domain/bundle.ts';
import { crc32Hex } from '../../src/lib/crc32.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { startVsftpd, vsftpdMissing } from '../support/vsftpd.ts';
import { waitFor } from '../support/wait-for.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const small = text('small file');
/** More than the `readBackMaxBytes` of the test fleet. */
const large = new Uint8Array(150_000).fill(7);
const files = { 'SMALL.TXT': small, 'TWIN.TXT': small, 'EMPTY.TXT': new Uint8Array(), 'GO.JS': text('1') };
const command = { program: 'node', args: ['GO.JS'], keep: [] };

/** A fleet with one machine that has a spool folder and nothing in it; `folder` is the spool on the host. */
interface Bare {
  readonly fleet: TestFleet;
  readonly folder: string;
}

async function simulated(): Promise<Bare> {
  const fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  await pc.stopAgent();
  const folder = join(pc.diskFolder, 'FLEET98');
  for (const name of ['AGENT.NFO', 'STAGE', 'B', 'IN', 'RUN', 'OUT']) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
  await fleet.operations.probeMachine('old', { adopt: false });
  return { fleet, folder };
}

const read = (folder: string, bundle: Bundle, name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(folder, bundle.folder, name)));

/** What every server must let us do on a machine without an agent. */
async function deliverAndRepair({ fleet, folder }: Bare): Promise<void> {
  const machine = await fleet.store.machines.findByName('old');
  expect(machine).toMatchObject({ state: 'ready', health: 'good' });
  expect(machine?.agent).toBeUndefined();
  const bundle = await fleet.addBundle('app', files, command);
  expect(await fleet.deploy('app', ['old'])).toMatchObject([
    { state: 'done', proof: 'read-back', bytesSent: 21, bytesTotal: 21 },
  ]);
  for (const [name, bytes] of Object.entries(files)) expect(read(folder, bundle, name)).toEqual(bytes);
  expect(readdirSync(join(folder, bundle.folder)).toSorted()).toEqual([
    'BUNDLE.OK',
    'EMPTY.TXT',
    'GO.JS',
    'SMALL.TXT',
    'TWIN.TXT',
  ]);
  const { items } = await fleet.store.receipts.list({ limit: 10 });
  expect(items.map(({ path, method, crc32 }) => [path, method, crc32])).toContainEqual([
    `${bundle.folder}/SMALL.TXT`,
    'read-back',
    crc32Hex(small),
  ]);
  expect(await fleet.deploy('app', ['old'])).toMatchObject([{ state: 'already-current', bytesTotal: 0 }]);

  writeFileSync(join(folder, bundle.folder, 'TWIN.TXT'), 'SMALL FILE');
  const [check] = await fleet.operations.verifyMachine('old');
  expect(check?.files.map(({ file, state, method }) => `${file.name} ${state} ${method}`)).toEqual([
    'SMALL.TXT ok read-back',
    'TWIN.TXT changed read-back',
    'EMPTY.TXT ok read-back',
    'GO.JS ok read-back',
  ]);
  expect(await fleet.deploy('app', ['old'])).toMatchObject([{ state: 'done', bytesSent: 10 }]);
  expect(read(folder, bundle, 'TWIN.TXT')).toEqual(small);

  const run = await fleet.runEnd((await fleet.startRun('app', 'old')).id);
  expect(run).toMatchObject({ state: 'failed', code: 'AGENT_NEEDED' });

  await fleet.operations.removeBundle('old', 'app');
  expect(readdirSync(join(folder, bundle.folder))).toEqual([]);
}

describe('a machine without an agent', () => {
  test('gets its files by name, size and read-back (simulated)', async () => {
    const bare = await simulated();
    await using fleet = bare.fleet;
    await deliverAndRepair({ fleet, folder: bare.folder });
  });

  test.skipIf(vsftpdMissing !== undefined)(
    'gets its files by name, size and read-back (vsftpd)',
    async () => {
      await using fleet = await TestFleet.start();
      await using server = await startVsftpd();
      const folder = join(server.folder, 'FLEET98');
      mkdirSync(folder);
      chownSync(folder, statSync(server.folder).uid, 0);
      await fleet.operations.registerMachine({
        name: 'old',
        host: '127.0.0.1',
        port: server.port,
        user: 'anonymous',
        spool: '/up/FLEET98',
        labels: {},
      });
      await fleet.operations.probeMachine('old', { adopt: false });
      await deliverAndRepair({ fleet, folder });
    },
  );

  test('a file that is too large to be read back is shown as unproven', async () => {
    const { fleet: bare } = await simulated();
    await using fleet = bare;
    const bundle = await fleet.addBundle('big', { 'BIG.BIN': large, 'SMALL.TXT': small });
    expect(await fleet.deploy('big', ['old'])).toMatchObject([{ state: 'done', proof: 'size-only' }]);
    const { items } = await fleet.store.receipts.list({ limit: 10 });
    expect(items.map(({ method }) => method).toSorted()).toEqual(['read-back', 'size-only']);
    const machine = await fleet.store.machines.findByName('old');
    expect((await fleet.store.placements.get(machine?.id ?? '', bundle.id))?.verified).toBe(false);
  });

  test('a link that breaks in the middle of a file goes on from there; half a bundle has no BUNDLE.OK', async () => {
    const { fleet: bare, folder } = await simulated();
    await using fleet = bare;
    const [pc] = fleet.pcs;
    const bundle = await fleet.addBundle('big', { 'SMALL.TXT': small, 'BIG.BIN': large });
    pc?.turn({ drop: { direction: 'upload', afterBytes: 100_000, once: true } });
    let resumed = false;
    let markedTooEarly = false;
    fleet.operations.events.subscribe((event) => {
      if (event.type !== 'target' || event.state === 'done') return;
      resumed ||= event.state === 'waiting';
      markedTooEarly ||= readdirSync(folder, { recursive: true }).some((name) =>
        String(name).endsWith('BUNDLE.OK'),
      );
    });
    expect(await fleet.deploy('big', ['old'])).toMatchObject([{ state: 'done' }]);
    expect([resumed, markedTooEarly]).toEqual([true, false]);
    expect(read(folder, bundle, 'BIG.BIN')).toEqual(large);
  });

  test('other bytes on the disk than were sent are found, and the file is sent again', async () => {
    const { fleet: bare, folder } = await simulated();
    await using fleet = bare;
    const bundle = await fleet.addBundle('app', { 'SMALL.TXT': small });
    // As a try before this one would have left it: the right size, the wrong bytes.
    mkdirSync(join(folder, bundle.folder), { recursive: true });
    const sha256 = bundle.files[0]?.sha256 ?? '';
    writeFileSync(join(folder, bundle.folder, `${sha256.slice(0, 8).toUpperCase()}.TMP`), 'SMALL FILE');
    const [target] = await fleet.deploy('app', ['old']);
    expect(target).toMatchObject({ state: 'done', attempts: 1 });
    expect(read(folder, bundle, 'SMALL.TXT')).toEqual(small);
  });

  test('a canceled delivery leaves nothing there', async () => {
    const { fleet: bare, folder } = await simulated();
    await using fleet = bare;
    fleet.pcs[0]?.turn({ rateBytesPerSecond: 60_000 });
    const bundle = await fleet.addBundle('big', { 'BIG.BIN': large });
    const { deployment } = await fleet.operations.deploy({
      bundle: 'big',
      machines: 'all',
      requestedBy: 'test',
    });
    const place = join(folder, bundle.folder);
    const there = (): string[] => (existsSync(place) ? readdirSync(place) : []);
    await waitFor('the first bytes', () => there().length > 0);
    await fleet.operations.cancelDeployment(deployment.id);
    await waitFor('an empty folder', () => there().length === 0);
    expect(await fleet.store.deployments.targets(deployment.id)).toMatchObject([{ state: 'canceled' }]);
  });
});
