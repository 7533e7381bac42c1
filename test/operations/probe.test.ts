import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HostFolderView } from '../../src/ftp/server/host-folder-view.ts';
import { FtpServer } from '../../src/ftp/server/server.ts';
import type { Machine } from '../../src/domain/machine.ts';
import { createPushTransport } from '../../src/transports/push.ts';
import type { Transport } from '../../src/transports/transport.ts';
import { quickSettings, TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const readyAgent = join(import.meta.dirname, '../../deploy-scripts/machine/linux-x86_64/AGENT.EXE');

test('a probe records what server and agent are, issues the identity, and leaves nothing behind', async () => {
  await using fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  const machine = await fleet.store.machines.findByName('old');
  expect(machine).toMatchObject({ state: 'ready', health: 'good', simulated: true, spool: '/FLEET98' });
  expect(machine?.server).toMatchObject({ restartRead: true, restartWrite: 'appe' });
  expect(machine?.server?.syst).toContain('Windows_NT');
  expect(machine?.server?.writeBytesPerSecond).toBeGreaterThan(0);
  expect(machine?.agent).toMatchObject({ name: 'old', simulated: true });
  expect(machine?.agent?.kinds).toEqual(expect.arrayContaining(['run', 'place', 'verify', 'kill', 'probe']));
  const spool = join(pc.diskFolder, 'FLEET98');
  expect(readFileSync(join(spool, 'MACHINE.ID'), 'latin1')).toContain(`machine=${machine?.id}\r\n`);
  expect(readFileSync(join(spool, 'OWNER.TXT'), 'latin1')).toContain(`daemon=${fleet.store.daemonId}\r\n`);
  for (const folder of ['STAGE', 'IN', 'OUT', 'RUN']) expect(readdirSync(join(spool, folder))).toEqual([]);
});

test('a second machine cannot be registered on the spool of the first', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  const first = await fleet.store.machines.findByName('old');
  const input = {
    name: 'twin',
    host: '127.0.0.1',
    port: first?.port ?? 0,
    user: 'fleet',
    password: 'fleet98',
    labels: {},
  };
  await fleet.operations.registerMachine({ ...input, ...(await credentials(fleet)) });
  for (const adopt of [false, true]) {
    await expect(fleet.operations.probeMachine('twin', { adopt })).rejects.toMatchObject({
      code: 'WRONG_MACHINE',
    });
  }
  expect((await fleet.store.machines.findByName('twin'))?.state).toBe('new');
});

async function credentials(fleet: TestFleet): Promise<{ user: string; password: string }> {
  const { user = '', password = '' } = fleet.pcs[0] ?? {};
  return { user, password };
}

test('a wrong password is the person’s to mend, and is not tried again', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  await fleet.operations.changeMachine('old', { password: 'wrong-secret' });
  await expect(fleet.operations.probeMachine('old', { adopt: false })).rejects.toMatchObject({
    code: 'LOGIN_REFUSED',
  });
  const report = await fleet.operations.explainMachine('old');
  expect(report.machine.lastError).toMatchObject({ code: 'LOGIN_REFUSED' });
  expect(JSON.stringify(report)).not.toContain('wrong-secret');
  expect(report.advice[0]).toContain('PATCH');
});

test('a server whose sessions are taken by others makes the machine no worse', async () => {
  await using fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  pc.turn({ refused: new Map([['USER', { code: 421, text: 'Too many users' }]]) });
  await expect(fleet.operations.probeMachine('old', { adopt: false })).rejects.toMatchObject({
    code: 'SERVER_BUSY',
  });
  const { machine } = await fleet.operations.explainMachine('old');
  expect(machine).toMatchObject({ health: 'good', lastError: { code: 'SERVER_BUSY' } });
});

test('no spool, no agent, a silent agent: each is named', async () => {
  await using fleet = await TestFleet.start({ ...quickSettings, jobs: { waitMs: 300, pollMs: 20 } });
  const pc = await fleet.addPc('old');
  const spool = join(pc.diskFolder, 'FLEET98');
  await pc.stopAgent();
  await expect(fleet.operations.probeMachine('old', { adopt: false })).rejects.toMatchObject({
    code: 'AGENT_SILENT',
  });
  expect(readdirSync(join(spool, 'IN'))).toEqual([]);

  rmSync(join(spool, 'AGENT.NFO'));
  expect((await fleet.operations.probeMachine('old', { adopt: false })).agent).toBeUndefined();
  expect((await fleet.operations.explainMachine('old')).advice.join(' ')).toContain('AGENT.EXE');
  await fleet.addBundle('files', { 'A.TXT': new Uint8Array([1]) });
  expect(await fleet.deploy('files', ['old'])).toMatchObject([{ state: 'done', proof: 'read-back' }]);

  await fleet.operations.changeMachine('old', { spool: '/NOWHERE' });
  await expect(fleet.operations.probeMachine('old', { adopt: false })).rejects.toMatchObject({
    code: 'SPOOL_NOT_FOUND',
  });
});

test('hostile files of an agent end as errors of the machine', async () => {
  await using fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  await pc.stopAgent();
  const info = join(pc.diskFolder, 'FLEET98', 'AGENT.NFO');
  for (const content of ['', 'v=1\r\n', 'v=1\r\nboot=\u0000\r\neof=1\r\n', 'x'.repeat(16_000)]) {
    writeFileSync(info, content);
    await expect(fleet.operations.probeMachine('old', { adopt: false })).rejects.toMatchObject({
      code: 'SPOOL_DAMAGED',
    });
  }
  writeFileSync(info, Buffer.alloc(5_000_000, 0x41));
  await expect(fleet.operations.probeMachine('old', { adopt: false })).rejects.toMatchObject({
    code: 'SPOOL_DAMAGED',
  });
});

/** A login that begins in a folder of the disk, as on a Unix. */
function beginningIn(folder: string): Transport {
  const push = createPushTransport({}, quickSettings.allowedNetworks);
  return {
    ...push,
    open: async (target, signal) =>
      Object.assign(await push.open(target, signal), { loginFolder: async () => folder }),
  };
}

/** The name of a folder of the disk with an agent that works there; a probe of it. */
async function probeAgentIn(path: string, loginFolder: string): Promise<Machine> {
  const disk = mkdtempSync(join(tmpdir(), 'fleet98-login-'));
  onTestFinished(() => rmSync(disk, { recursive: true }));
  const folder = join(disk, path);
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(disk, 'HOME/ME'), { recursive: true });
  const agent = spawn(readyAgent, [folder], { stdio: 'ignore' });
  onTestFinished(() => void agent.kill());
  await waitFor('the agent', () => existsSync(join(folder, 'AGENT.NFO')));
  const view = await HostFolderView.open({ folder: disk });
  await using server = await FtpServer.listen({ host: '127.0.0.1', port: 0, login: () => view });
  // Ends first: a server waits for the sessions that are still open.
  await using fleet = new TestFleet();
  fleet.makeTransport = () => beginningIn(loginFolder);
  await fleet.startDaemon();
  const address = { name: 'box', host: '127.0.0.1', port: server.port };
  await fleet.operations.registerMachine({ ...address, password: 'x', labels: {} });
  const machine = await fleet.operations.probeMachine('box', { adopt: false });
  expect(existsSync(join(folder, 'MACHINE.ID'))).toBe(true);
  return machine;
}

test.each([
  ['.', '/', '/'],
  ['HOME/ME', '/HOME/ME', '/HOME/ME'],
  ['HOME/ME/FLEET98', '/HOME/ME', '/HOME/ME/FLEET98'],
  ['HOME/ME/FLEET98', '/HOME/ME/', '/HOME/ME/FLEET98'],
  ['FLEET98', '/HOME/ME', '/FLEET98'],
  ['.', '/HOME/ME', '/'],
])('the spool %s of a login that begins in %s is found', async (path, loginFolder, spool) => {
  expect(await probeAgentIn(path, loginFolder)).toMatchObject({
    state: 'ready',
    spool,
    agent: { agent: 'agent98' },
  });
});
