import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { measureLink } from '../../src/operations/measure-link.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createPushTransport } from '../../src/transports/push.ts';
import type { Link } from '../../src/transports/transport.ts';
import { agentEnvironment } from '../contract/agent/agent-bench.ts';
import { buildAgent, haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { ftpTarget } from '../support/ftp-target.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';
import { buildFtpd98, ftpd98Missing, ftpd98Password, ftpd98User, startFtpd98 } from '../support/wine-ftpd.ts';
import type { Ftpd98 } from '../support/wine-ftpd.ts';

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

describe.skipIf(ftpd98Missing() !== undefined)('FTPD98 and the daemon:', () => {
  let exe: string;

  beforeAll(() => {
    exe = buildFtpd98();
  });

  async function withLink(body: (link: Link, server: Ftpd98) => Promise<void>): Promise<void> {
    await using server = await startFtpd98(exe);
    const target = ftpTarget(server.port, { user: ftpd98User, password: ftpd98Password });
    await using link = await createPushTransport().open(target, AbortSignal.timeout(60_000));
    await body(link, server);
  }

  test('a link can do all that a probe looks for', async () => {
    await withLink(async (link) => {
      expect(await measureLink(link, systemClock)).toMatchObject({
        restartRead: true,
        restartWrite: 'appe',
        dataConnections: ['pasv'],
      });
      expect(await link.describeServer()).toEqual({
        banner: 'FTPD98, for one user and few files.',
        syst: 'UNIX Type: L8',
        feat: ['REST STREAM', 'SIZE'],
      });
    });
  });

  test('files live their whole life', async () => {
    await withLink(async (link, server) => {
      const bytes = randomBytes(900_001);
      const from = (byte: number) => Readable.from([bytes.subarray(byte)]);
      await link.makeFolder('STAGE');
      await link.makeFolder('STAGE');
      await link.upload('STAGE/MODEL.TMP', from, { size: bytes.length });
      expect(readFileSync(join(server.spool, 'STAGE/MODEL.TMP')).equals(bytes)).toBe(true);
      for (const restart of ['appe', 'rest'] as const) {
        await link.write('STAGE/PART.TMP', bytes.subarray(0, 400_000));
        await link.upload('STAGE/PART.TMP', from, { size: bytes.length, fromByte: 400_000, restart });
        expect(readFileSync(join(server.spool, 'STAGE/PART.TMP')).equals(bytes)).toBe(true);
      }
      const refused = link.rename('STAGE/PART.TMP', 'STAGE/MODEL.TMP');
      await expect(refused).rejects.toMatchObject({ code: 'FILE_EXISTS' });
      await link.rename('STAGE/MODEL.TMP', 'STAGE/MODEL.BIN');
      expect(await link.size('STAGE/MODEL.BIN')).toBe(bytes.length);
      expect(await link.size('STAGE/MODEL.TMP')).toBeUndefined();
      const tail = await link.read('STAGE/MODEL.BIN', { fromByte: 700_000, maxBytes: 300_000 });
      expect(Buffer.from(tail).equals(bytes.subarray(700_000))).toBe(true);
      expect((await link.list('STAGE')).toSorted()).toEqual(['MODEL.BIN', 'PART.TMP']);
      expect(await link.remove('STAGE/PART.TMP')).toBe(true);
      expect(await link.remove('STAGE/PART.TMP')).toBe(false);
      await expect(link.read('STAGE/PART.TMP', { maxBytes: 9 })).rejects.toMatchObject({
        code: 'FILE_NOT_FOUND',
      });
      expect(await link.folderExists('/FLEET98')).toBe(true);
      expect(await link.folderExists('/C')).toBe(false);
    });
  });

  test('a wrong password is refused as one', async () => {
    await using server = await startFtpd98(exe);
    const target = ftpTarget(server.port, { user: ftpd98User, password: 'wrong' });
    const opening = createPushTransport().open(target, AbortSignal.timeout(60_000));
    await expect(opening).rejects.toMatchObject({ code: 'LOGIN_REFUSED' });
  });

  test('a third session is told to wait', async () => {
    await withLink(async (_link, server) => {
      const target = ftpTarget(server.port, { user: ftpd98User, password: ftpd98Password });
      await using second = await createPushTransport().open(target, AbortSignal.timeout(60_000));
      const third = createPushTransport().open(target, AbortSignal.timeout(60_000));
      await expect(third).rejects.toMatchObject({ code: 'SERVER_BUSY' });
      expect(second.isOpen).toBe(true);
    });
  });

  test.runIf(canMount)('a full disk is told as one, and the session lives on', async () => {
    await withLink(async (link, server) => {
      const folder = join(server.spool, 'STAGE');
      mkdirSync(folder);
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status).toBe(0);
      try {
        const bytes = randomBytes(3_000_000);
        const sending = link.upload('STAGE/BIG.TMP', () => Readable.from([bytes]), { size: bytes.length });
        await expect(sending).rejects.toMatchObject({ code: 'DISK_FULL' });
        expect(statSync(join(folder, 'BIG.TMP')).size).toBe(1024 * 1024);
        expect(link.transcript.join('\n')).toContain('452 The disk is full.');
        expect(await link.remove('STAGE/BIG.TMP')).toBe(true);
        await link.write('STAGE/SMALL.TMP', Buffer.from('fits'));
        expect(await link.size('STAGE/SMALL.TMP')).toBe(4);
      } finally {
        expect(spawnSync('umount', [folder]).status).toBe(0);
      }
    });
  });

  if (!canMount) notTested('FTPD98 on a full disk', 'mounting a small disk takes root');

  if (!haveProgram('gcc')) notTested('the whole job through FTPD98', 'gcc is not installed');
  else wholeJob();

  function wholeJob(): void {
    const agent = buildAgent();

    test('the whole job: register, deploy, run, collect', { timeout: 120_000 }, async () => {
      await using server = await startFtpd98(exe);
      // On the old machine both are Windows programs; here the agent of this system works in the same folder.
      const child = spawn(agent, [server.spool], { env: agentEnvironment, stdio: 'ignore' });
      try {
        await waitFor('the agent', () => statSync(join(server.spool, 'OUT'), { throwIfNoEntry: false }));
        await using fleet = await TestFleet.start();
        const { port } = server;
        const machine = { name: 'old', host: '127.0.0.1', port, user: ftpd98User, password: ftpd98Password };
        await fleet.operations.registerMachine({ ...machine, labels: {} });
        expect(await fleet.operations.probeMachine('old', { adopt: false })).toMatchObject({
          state: 'ready',
        });
        const script = 'process.stdout.write(require("fs").readFileSync("DATA.BIN").toString("hex"))';
        const data = randomBytes(5_000);
        const files = { 'GO.JS': Buffer.from(script), 'DATA.BIN': data };
        await fleet.addBundle('app', files, { program: 'node', args: ['GO.JS'], keep: [] });
        expect(await fleet.deploy('app', ['old'])).toMatchObject([{ state: 'done', proof: 'agent-crc' }]);
        const run = await fleet.runEnd((await fleet.startRun('app', 'old')).id);
        expect(run).toMatchObject({ state: 'succeeded' });
        expect(run.text).toBe(data.toString('hex'));
      } finally {
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
    });
  }
});
