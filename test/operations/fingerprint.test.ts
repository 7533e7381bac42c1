import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HostFolderView } from '../../src/ftp/server/host-folder-view.ts';
import { FtpServer } from '../../src/ftp/server/server.ts';
import { asDomainError } from '../../src/domain/errors.ts';
import type { Machine } from '../../src/domain/machine.ts';
import { checkWords } from '../../src/operations/fingerprint.ts';
import { TestFleet } from '../support/test-fleet.ts';

/** The server of a machine without an agent. */
async function serve(disk: string, greeting: string, port = 0): Promise<FtpServer> {
  const view = await HostFolderView.open({ folder: disk });
  return FtpServer.listen({ host: '127.0.0.1', port, greeting, login: () => view });
}

const namesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();

async function shelf() {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-words-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const disk = join(folder, 'disk');
  mkdirSync(join(disk, 'FLEET98'), { recursive: true });
  return { disk, copy: join(folder, 'copy') };
}

const first = 'vax FTP server (Version 4.1 Mon Nov 9 1998) ready at 11:58 AM, user 3 of 10';

test('a copied disk behind another server is told, and nothing is written there', async () => {
  const { disk, copy } = await shelf();
  const vax = await serve(disk, first);
  const { port } = vax;
  await using fleet = await TestFleet.start();
  const { operations } = fleet;
  const address = { name: 'vax', host: '127.0.0.1', port };
  await operations.registerMachine({ ...address, user: 'me', password: 'x', labels: {} });
  expect((await operations.probeMachine('vax', { adopt: false })).agent).toBeUndefined();
  await fleet.addBundle('files', { 'A.TXT': new Uint8Array([1]) });
  expect(await fleet.deploy('files', ['vax'])).toMatchObject([{ state: 'done', proof: 'read-back' }]);
  await vax.close();

  // Later, with another date and another number of users, it is still the same one.
  const later = await serve(disk, first.replace('11:58 AM', '1:02 PM').replace('user 3', 'user 1'), port);
  await fleet.addBundle('more', { 'B.TXT': new Uint8Array([2]) });
  expect(await fleet.deploy('more', ['vax'])).toMatchObject([{ state: 'done' }]);
  await later.close();

  cpSync(disk, copy, { recursive: true });
  const before = namesBelow(copy);
  await using other = await serve(copy, 'microvax FTP server ready', port);
  expect(other.port).toBe(port);
  const refused = { code: 'WRONG_MACHINE', message: expect.stringContaining('microvax FTP server ready') };
  await fleet.addBundle('third', { 'C.TXT': new Uint8Array([3]) });
  await expect(operations.verifyMachine('vax')).rejects.toMatchObject(refused);
  await expect(operations.probeMachine('vax', { adopt: false })).rejects.toMatchObject(refused);
  expect(namesBelow(copy)).toEqual(before);

  expect(await operations.probeMachine('vax', { adopt: true })).toMatchObject({ state: 'ready' });
  expect(await fleet.deploy('third', ['vax'])).toMatchObject([{ state: 'done' }]);
});

const said = (banner: string) => ({ banner, syst: 'UNIX Type: L8', feat: [] });
const vax: Machine = {
  id: 'm',
  name: 'vax',
  state: 'ready',
  health: 'good',
  held: false,
  transport: 'push',
  host: '127.0.0.1',
  port: 21,
  user: 'me',
  hasPassword: false,
  labels: {},
  writeChunkBytes: 65_536,
  simulated: false,
  createdAtMs: 0,
  updatedAtMs: 0,
};

test.each([
  ['ready at 11:58AM', 'ready at 1:02PM', true],
  ['Monday, 9 November', 'Wed, 2 Dec', true],
  ['you are the 1st of 10', 'you are the 22nd of 10', true],
  ['vax1 ready', 'vax2 ready', false],
  ['saturn ready', 'sunny ready', false],
  ['marvin ready', 'ready', false],
  ['SunOS ready', 'ready', false],
])('"%s" and "%s" are said by one server: %s', async (before, now, isSame) => {
  const machine = { ...vax, server: { ...said(before), restartRead: true, dataConnections: [] } };
  const checked = checkWords(machine, { describeServer: async () => said(now) });
  const outcome = await checked.then(
    () => true,
    (error: unknown) => asDomainError(error).code,
  );
  expect(outcome).toBe(isSame || 'WRONG_MACHINE');
});
