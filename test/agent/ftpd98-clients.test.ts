import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { haveClient, runClient } from '../support/ftp-clients.ts';
import { buildFtpd98, ftpd98Missing, ftpd98Password, ftpd98User, startFtpd98 } from '../support/wine-ftpd.ts';
import type { Ftpd98 } from '../support/wine-ftpd.ts';

const account = `${ftpd98User}:${ftpd98Password}`;
const bytes = randomBytes(700_001);

const haveFtp = (name: string): boolean => haveClient(name, 'FTPD98');

describe.skipIf(ftpd98Missing() !== undefined)('FTPD98 with', () => {
  const here = mkdtempSync(join(tmpdir(), 'fleet98-clients-'));
  const local = join(here, 'local.bin');
  const back = join(here, 'back.bin');
  let server: Ftpd98;
  let remote: string;

  beforeAll(async () => {
    writeFileSync(local, bytes);
    server = await startFtpd98(buildFtpd98());
    remote = join(server.spool, 'REMOTE.BIN');
  });

  beforeEach(() => {
    rmSync(back, { force: true });
    rmSync(remote, { force: true });
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(here, { recursive: true, force: true });
  });

  describe.runIf(haveFtp('curl')).each([
    ['passive', []],
    ['active', ['-P', '-']],
  ])('curl, %s:', (_name, mode) => {
    const curl = (...args: readonly string[]) => {
      const url = `ftp://127.0.0.1:${server.port}/FLEET98/REMOTE.BIN`;
      return runClient('curl', ['-sS', '--max-time', '30', '-u', account, ...mode, ...args, url]);
    };

    test('up and down', async () => {
      expect(await curl('-T', local)).toEqual({ code: 0, said: '' });
      expect(readFileSync(remote).equals(bytes)).toBe(true);
      expect(await curl('-o', back)).toEqual({ code: 0, said: '' });
      expect(readFileSync(back).equals(bytes)).toBe(true);
    });

    test('goes on up and down', async () => {
      writeFileSync(remote, bytes.subarray(0, 300_000));
      expect(await curl('-C', '-', '-T', local)).toEqual({ code: 0, said: '' });
      expect(readFileSync(remote).equals(bytes)).toBe(true);
      writeFileSync(back, bytes.subarray(0, 123_457));
      expect(await curl('-C', '-', '-o', back)).toEqual({ code: 0, said: '' });
      expect(readFileSync(back).equals(bytes)).toBe(true);
    });

    test('renames and deletes', async () => {
      expect(await curl('-T', local, '-Q', '-RNFR REMOTE.BIN', '-Q', '-RNTO NEW.BIN')).toMatchObject({
        code: 0,
      });
      expect(readdirSync(server.spool)).toContain('NEW.BIN');
      expect((await curl('-I', '-Q', 'DELE FLEET98/NEW.BIN')).said).not.toContain('Content-Length');
      expect(readdirSync(server.spool)).not.toContain('NEW.BIN');
    });
  });

  test.runIf(haveFtp('lftp')).each([true, false])('lftp mirrors both ways (passive %s)', async (passive) => {
    const tree = join(here, `tree-${passive}`);
    const copy = join(here, `copy-${passive}`);
    const files: Record<string, Buffer> = {
      'A.TXT': Buffer.from('a'),
      EMPTY: Buffer.alloc(0),
      'SUB/B.BIN': bytes,
    };
    for (let i = 0; i < 30; i += 1) files[`SUB/DEEP/F${i}.DAT`] = randomBytes(i * 100);
    mkdirSync(join(tree, 'SUB/DEEP'), { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(tree, name), content);
    const script = [
      'set net:max-retries 1',
      'set net:timeout 20',
      'set cmd:fail-exit true',
      `set ftp:passive-mode ${passive}`,
      `open -u ${ftpd98User},${ftpd98Password} ftp://127.0.0.1:${server.port}`,
      `mirror -R -p ${tree} /FLEET98/TREE${passive}`,
      `mirror -p /FLEET98/TREE${passive} ${copy}`,
      `rm -r /FLEET98/TREE${passive}`,
      'bye',
    ];
    expect(await runClient('lftp', ['-c', script.join('; ')])).toMatchObject({ code: 0 });
    for (const [name, content] of Object.entries(files)) {
      expect(readFileSync(join(copy, name)).equals(content), name).toBe(true);
    }
    expect(readdirSync(server.spool)).not.toContain(`TREE${passive}`);
  });

  test.runIf(haveFtp('tnftp')).each([
    ['active, as Windows does it', '-A'],
    ['passive', '-p'],
  ])('tnftp, %s', async (_name, mode) => {
    const script = [
      `user ${ftpd98User} ${ftpd98Password}`,
      'cd FLEET98',
      'binary',
      `put ${local} REMOTE.BIN`,
      'size REMOTE.BIN',
      `get REMOTE.BIN ${back}`,
      'mkdir TN',
      'rename REMOTE.BIN TN/MOVED.BIN',
      'ls TN',
      `nlist TN/*.BIN ${join(here, 'names')}`,
      'delete TN/MOVED.BIN',
      'rmdir TN',
      'pwd',
      'quit',
    ];
    const args = ['-n', '-i', '-v', mode, '127.0.0.1', String(server.port)];
    const { said } = await runClient('tnftp', args, `${script.join('\n')}\n`);
    expect(said).toMatch(/REMOTE\.BIN\t700001/);
    expect(said).toMatch(/700001 \w{3} [ \d]\d \d\d:\d\d MOVED\.BIN/);
    expect(said).toMatch(/Remote directory: \/FLEET98\n/);
    expect(said).not.toMatch(/^5\d\d /m);
    expect(readFileSync(join(here, 'names'), 'latin1')).toBe('TN/MOVED.BIN\n');
    expect(readFileSync(back).equals(bytes)).toBe(true);
  });
});
