import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { KnobBoard, plainKnobs } from '../../src/simulator/knobs.ts';
import { startFtpServer } from '../../src/simulator/ftp/server.ts';
import { loadProfile, profileNames } from '../../src/simulator/profile.ts';
import { createPushTransport } from '../../src/transports/push.ts';
import type { Link, LinkTarget } from '../../src/transports/transport.ts';
import { ftpTarget } from '../support/ftp-target.ts';
import { startVsftpd, vsftpdMissing } from '../support/vsftpd.ts';

const transport = createPushTransport();

interface RealServer extends AsyncDisposable {
  readonly target: LinkTarget;
  /** The folder of the host that is the spool. */
  readonly folder: string;
}

async function simulated(profileName: string): Promise<RealServer> {
  const profile = loadProfile(profileName);
  const diskFolder = mkdtempSync(join(tmpdir(), 'fleet98-push-'));
  const folder = join(diskFolder, 'FLEET98');
  mkdirSync(folder);
  const { dress, user, password } = profile;
  const server = await startFtpServer({
    diskFolder,
    dress,
    user,
    password,
    knobs: new KnobBoard(plainKnobs),
    port: 0,
  });
  return {
    target: ftpTarget(server.port, { user, password }),
    folder,
    async [Symbol.asyncDispose]() {
      await server.close();
      rmSync(diskFolder, { recursive: true, force: true });
    },
  };
}

async function vsftpd(extra: readonly string[] = []): Promise<RealServer> {
  const server = await startVsftpd(extra);
  return {
    target: ftpTarget(server.port, { user: 'anonymous', password: 'fleet98@example', spool: '/up' }),
    folder: server.folder,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function withLink(
  server: Promise<RealServer>,
  test: (link: Link, server: RealServer) => Promise<void>,
): Promise<void> {
  await using running = await server;
  await using link = await transport.open(running.target, AbortSignal.timeout(20_000));
  await test(link, running);
}

const sixBytesFrom = (byte: number): Readable => Readable.from([Buffer.from('abcdef').subarray(byte)]);

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Everything that the daemon asks of a server, end to end. */
async function wholeLife(link: Link, server: RealServer): Promise<void> {
  const spool = server.target.spool;
  expect(await link.folderExists(spool)).toBe(true);
  expect(await link.folderExists('/NOWHERE')).toBe(false);
  await link.makeFolder('IN');
  await link.makeFolder('IN');
  expect(await link.folderExists(`${spool}/IN`)).toBe(true);

  const bytes = randomBytes(1_500_001);
  const progress: number[] = [];
  await link.upload('IN/MODEL.TMP', () => Readable.from([bytes]), {
    size: bytes.length,
    onProgress: (sent) => progress.push(sent),
  });
  expect(progress.at(-1)).toBe(bytes.length);
  expect(await link.size('IN/MODEL.TMP')).toBe(bytes.length);
  expect(sha(readFileSync(join(server.folder, 'IN/MODEL.TMP')))).toBe(sha(bytes));

  await link.rename('IN/MODEL.TMP', 'IN/MODEL.BIN');
  expect(await link.size('IN/MODEL.TMP')).toBeUndefined();
  expect(sha(await link.read('IN/MODEL.BIN', { maxBytes: bytes.length }))).toBe(sha(bytes));
  expect(sha(await link.read('IN/MODEL.BIN', { fromByte: 1_000_003, maxBytes: 500_000 }))).toBe(
    sha(bytes.subarray(1_000_003)),
  );
  await expect(link.read('IN/GONE.BIN', { maxBytes: 10 })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  await expect(link.rename('IN/GONE.BIN', 'IN/X')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });

  await link.write('EMPTY', new Uint8Array());
  expect(await link.size('EMPTY')).toBe(0);
  expect(await link.read('EMPTY', { maxBytes: 0 })).toHaveLength(0);
  await link.write('TEXT', Buffer.from('a\r\nb\nc\x1a\0'));
  await link.write('TEXT', Buffer.from('x\r\ny\nz\x1a\0'));
  expect(Buffer.from(await link.read('TEXT', { maxBytes: 99 })).toString('latin1')).toBe('x\r\ny\nz\x1a\0');

  expect(await link.remove('TEXT')).toBe(true);
  expect(await link.remove('TEXT')).toBe(false);
  expect(link.isOpen).toBe(true);
  expect(link.transcript.join('\n')).not.toContain(server.target.password);
  await link.close();
  expect(link.isOpen).toBe(false);
}

async function wrongPassword(server: Promise<RealServer>): Promise<void> {
  await using running = await server;
  const target = { ...running.target, password: 'wrong-password' };
  const error: unknown = await transport.open(target, AbortSignal.timeout(20_000)).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'LOGIN_REFUSED' });
  expect(String(error)).not.toContain('wrong-password');
}

describe.each(profileNames())('the simulated %s', (name) => {
  it('carries a whole life of files', () => withLink(simulated(name), wholeLife), 60_000);

  it('refuses a wrong password', () => wrongPassword(simulated(name)));

  it('refuses to rename onto a file, or does it; either way it says so', async () => {
    await withLink(simulated(name), async (link, server) => {
      await link.write('A', Buffer.from('a'));
      await link.write('B', Buffer.from('b'));
      const code = await link.rename('A', 'B').then(
        () => 'done',
        (error: { code?: string }) => error.code,
      );
      expect(['done', 'FILE_EXISTS']).toContain(code);
      expect(readFileSync(join(server.folder, 'B'), 'utf8')).toBe(code === 'done' ? 'a' : 'b');
    });
  });
});

if (vsftpdMissing !== undefined && process.env['FLEET98_STRICT'] !== '1') {
  it.skip(`vsftpd: ${vsftpdMissing}`, () => {}); // not installed here; FLEET98_STRICT=1 fails instead
} else {
  describe('vsftpd', () => {
    it('carries a whole life of files', () => withLink(vsftpd(), wholeLife), 60_000);

    it.each(['appe', 'rest'] as const)('continues an upload with %s', async (restart) => {
      await withLink(vsftpd(), async (link, server) => {
        await link.write('A.BIN', Buffer.from('abcd'));
        await link.upload('A.BIN', sixBytesFrom, { size: 6, fromByte: 4, restart });
        expect(readFileSync(join(server.folder, 'A.BIN'), 'utf8')).toBe('abcdef');
      });
    });

    it('uses EPSV where PASV is denied', async () => {
      await withLink(vsftpd(['cmds_denied=PASV']), async (link) => {
        await link.write('A', Buffer.from('a'));
        expect(link.abilities.dataConnections).toEqual(['epsv']);
      });
    });

    it('says so where no passive way is open, and where SIZE is denied', async () => {
      await withLink(vsftpd(['pasv_enable=NO', 'cmds_denied=EPSV,SIZE,REST,FEAT']), async (link) => {
        await expect(link.write('A', Buffer.from('a'))).rejects.toMatchObject({ code: 'NO_DATA_CONNECTION' });
        await expect(link.size('A')).rejects.toMatchObject({ code: 'FTP_UNEXPECTED' });
        expect((await link.describeServer()).feat).toEqual([]);
        expect(link.isOpen).toBe(true);
      });
    });

    it('reads from an offset without REST', async () => {
      await withLink(vsftpd(['cmds_denied=REST']), async (link) => {
        await link.write('A', Buffer.from('abcdef'));
        const bytes = await link.read('A', { fromByte: 4, maxBytes: 2 });
        expect(Buffer.from(bytes).toString()).toBe('ef');
      });
    });

    it('is full: SERVER_BUSY', async () => {
      await using server = await vsftpd(['max_clients=2']);
      const open = () => transport.open(server.target, AbortSignal.timeout(20_000));
      // At most two can be open, so that the third must fail; an earlier one may.
      const links: Link[] = [];
      const openThree = async () => {
        for (let n = 0; n < 3; n += 1) links.push(await open());
      };
      await expect(openThree()).rejects.toMatchObject({ code: 'SERVER_BUSY' });
      for (const link of links) await link.close();
    });

    it('may not write: WRITE_REFUSED', async () => {
      await withLink(vsftpd(['write_enable=NO']), async (link, server) => {
        writeFileSync(join(server.folder, 'A'), 'a', { mode: 0o644 });
        await expect(link.write('B', Buffer.from('b'))).rejects.toMatchObject({ code: 'WRITE_REFUSED' });
        await expect(link.remove('A')).rejects.toMatchObject({ code: 'WRITE_REFUSED' });
        await expect(link.makeFolder('C')).rejects.toMatchObject({ code: 'WRITE_REFUSED' });
        expect(Buffer.from(await link.read('A', { maxBytes: 1 })).toString()).toBe('a');
      });
    });
  });
}
