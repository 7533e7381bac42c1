import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Client } from 'basic-ftp';
import { describe, expect, onTestFinished, test } from 'vitest';
import { measureLink } from '../../src/operations/measure-link.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createPushTransport } from '../../src/transports/push.ts';
import { password, startShelf, user } from '../ftp/server/shelf.ts';
import { haveClient, runClient } from '../support/ftp-clients.ts';
import { ftpTarget } from '../support/ftp-target.ts';

/** Clients that others wrote, against our server. */

const bytes = randomBytes(700_001);
const account = `${user}:${password}`;
const have = (name: string): boolean => haveClient(name, 'the depot');

/** A folder of the client, with a file to send. */
function ownFolder(): { here: string; local: string; back: string } {
  const here = mkdtempSync(join(tmpdir(), 'fleet98-client-'));
  onTestFinished(() => rmSync(here, { recursive: true, force: true }));
  const local = join(here, 'local.bin');
  writeFileSync(local, bytes);
  return { here, local, back: join(here, 'back.bin') };
}

describe.runIf(have('curl')).each([
  ['extended passive', []],
  ['passive', ['--disable-epsv']],
  ['active', ['-P', '-', '--disable-eprt']],
  ['extended active', ['-P', '-']],
])('curl, %s:', (_name, mode) => {
  test('up, down, and on from the middle both ways', async () => {
    const { disk, port } = await startShelf();
    const { local, back } = ownFolder();
    const remote = join(disk, 'REMOTE.BIN');
    const curl = (...args: readonly string[]) =>
      runClient('curl', [
        '-sS',
        '--max-time',
        '30',
        '-u',
        account,
        ...mode,
        ...args,
        `ftp://127.0.0.1:${port}/REMOTE.BIN`,
      ]);
    expect(await curl('-T', local)).toEqual({ code: 0, said: '' });
    expect(readFileSync(remote).equals(bytes)).toBe(true);
    expect(await curl('-o', back)).toEqual({ code: 0, said: '' });
    expect(readFileSync(back).equals(bytes)).toBe(true);
    writeFileSync(remote, bytes.subarray(0, 300_000));
    expect(await curl('-C', '-', '-T', local)).toEqual({ code: 0, said: '' });
    expect(readFileSync(remote).equals(bytes)).toBe(true);
    writeFileSync(back, bytes.subarray(0, 123_457));
    expect(await curl('-C', '-', '-o', back)).toEqual({ code: 0, said: '' });
    expect(readFileSync(back).equals(bytes)).toBe(true);
    expect(await curl('-Q', '-RNFR REMOTE.BIN', '-Q', '-RNTO NEW.BIN', '-I')).toMatchObject({ code: 0 });
    expect(readdirSync(disk)).toContain('NEW.BIN');
  });
});

describe.runIf(have('lftp'))('lftp', () => {
  test.each([true, false])('mirrors both ways, four files at once (passive %s)', async (passive) => {
    const { disk, port } = await startShelf({ limits: { sessionsPerAddress: 10 } });
    const { here } = ownFolder();
    const tree = join(here, 'tree');
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
      `open -u ${user},${password} ftp://127.0.0.1:${port}`,
      `mirror -R -p -P 4 ${tree} /TREE`,
      `mirror -p -P 4 /TREE ${here}/copy`,
      'rm -r /TREE',
      'bye',
    ];
    expect(await runClient('lftp', ['-c', script.join('; ')])).toMatchObject({ code: 0 });
    for (const [name, content] of Object.entries(files)) {
      expect(readFileSync(join(here, 'copy', name)).equals(content), name).toBe(true);
    }
    expect(readdirSync(disk)).not.toContain('TREE');
  });

  test('goes on where a file was left, and fetches one by several connections', async () => {
    const { disk, port } = await startShelf({ limits: { sessionsPerAddress: 10 } });
    const { local, here, back } = ownFolder();
    writeFileSync(join(disk, 'PART.BIN'), bytes.subarray(0, 200_000));
    const script = [
      'set cmd:fail-exit true',
      `open -u ${user},${password} ftp://127.0.0.1:${port}`,
      `put -c ${local} -o PART.BIN`,
      `pget -n 3 PART.BIN -o ${back}`,
      `get -c PART.BIN -o ${here}/part.bin`,
      'bye',
    ];
    writeFileSync(join(here, 'part.bin'), bytes.subarray(0, 5));
    expect(await runClient('lftp', ['-c', script.join('; ')])).toMatchObject({ code: 0 });
    for (const file of [join(disk, 'PART.BIN'), back, join(here, 'part.bin')]) {
      expect(readFileSync(file).equals(bytes), file).toBe(true);
    }
  });
});

/** What `ftp -n -i -s:FILE` of Windows is given. */
const typed = (local: string, back: string): string =>
  [
    `user ${user} ${password}`,
    'binary',
    `put ${local} REMOTE.BIN`,
    `get REMOTE.BIN ${back}`,
    'mkdir TN',
    'rename REMOTE.BIN TN/MOVED.BIN',
    'ls TN',
    'cd TN',
    'delete MOVED.BIN',
    'cd ..',
    'rmdir TN',
    'pwd',
    'quit',
    '',
  ].join('\n');

describe.each([
  ['tnftp', 'active, as Windows does it', ['-A']],
  ['tnftp', 'passive', ['-p']],
  ['inetutils-ftp', 'active', []],
  ['inetutils-ftp', 'passive', ['-p']],
] as const)('%s, %s', (program, _name, mode) => {
  test.runIf(have(program))('does what a script for Windows types', async () => {
    const { disk, port } = await startShelf();
    const { local, back } = ownFolder();
    const args = ['-n', '-i', '-v', ...mode, '127.0.0.1', String(port)];
    const { said } = await runClient(program, args, typed(local, back));
    expect(said).toMatch(/ 700001 \w{3} [ \d]\d \d\d:\d\d MOVED\.BIN/);
    expect(said).toMatch(/226 The file is stored/);
    expect(said).not.toMatch(/^5\d\d /m);
    expect(readFileSync(back).equals(bytes)).toBe(true);
    expect(readdirSync(disk).filter((name) => !name.startsWith('.'))).toEqual([]);
  });
});

test.runIf(have('busybox'))('busybox ftpput, ftpget and wget', async () => {
  const { disk, port } = await startShelf();
  const { local, back } = ownFolder();
  const login = ['-u', user, '-p', password, '-P', String(port), '127.0.0.1'];
  expect(await runClient('busybox', ['ftpput', ...login, 'REMOTE.BIN', local])).toMatchObject({ code: 0 });
  expect(readFileSync(join(disk, 'REMOTE.BIN')).equals(bytes)).toBe(true);
  expect(await runClient('busybox', ['ftpget', ...login, back, 'REMOTE.BIN'])).toMatchObject({ code: 0 });
  expect(readFileSync(back).equals(bytes)).toBe(true);
  const url = `ftp://${account}@127.0.0.1:${port}/REMOTE.BIN`;
  expect(await runClient('busybox', ['wget', '-q', '-O', back, url])).toMatchObject({ code: 0 });
  expect(readFileSync(back).equals(bytes)).toBe(true);
});

test.runIf(have('ncftpput'))('ncftp, up and down', async () => {
  const { disk, port } = await startShelf();
  const { here, local } = ownFolder();
  const login = ['-u', user, '-p', password, '-P', String(port), '-V', '127.0.0.1'];
  expect(await runClient('ncftpput', [...login, '/', local])).toMatchObject({ code: 0 });
  expect(readFileSync(join(disk, 'local.bin')).equals(bytes)).toBe(true);
  mkdirSync(join(here, 'down'));
  expect(await runClient('ncftpget', [...login, join(here, 'down'), 'local.bin'])).toMatchObject({ code: 0 });
  expect(readFileSync(join(here, 'down', 'local.bin')).equals(bytes)).toBe(true);
});

test('basic-ftp, with a broken upload that it goes on with', async () => {
  const { disk, port } = await startShelf();
  const client = new Client(5000);
  onTestFinished(() => client.close());
  await client.access({ host: '127.0.0.1', port, user, password });
  await client.uploadFrom(Readable.from([bytes.subarray(0, 250_000)]), 'REMOTE.BIN');
  await client.appendFrom(Readable.from([bytes.subarray(250_000)]), 'REMOTE.BIN');
  expect(readFileSync(join(disk, 'REMOTE.BIN')).equals(bytes)).toBe(true);
  const stream = new PassThrough();
  const [got] = await Promise.all([buffer(stream), client.downloadTo(stream, 'REMOTE.BIN', 100_000)]);
  expect(got.equals(bytes.subarray(100_000))).toBe(true);
  expect((await client.list()).map(({ name, size }) => [name, size])).toContainEqual([
    'REMOTE.BIN',
    bytes.length,
  ]);
});

test('the daemon’s own way to machines', async () => {
  const { disk, port } = await startShelf();
  mkdirSync(join(disk, 'FLEET98'));
  const target = ftpTarget(port, { user, password });
  await using link = await createPushTransport().open(target, AbortSignal.timeout(60_000));
  expect(await measureLink(link, systemClock)).toMatchObject({ restartRead: true, restartWrite: 'appe' });
  await link.makeFolder('STAGE');
  await link.upload('STAGE/MODEL.TMP', (from) => Readable.from([bytes.subarray(from)]), {
    size: bytes.length,
  });
  expect(readFileSync(join(disk, 'FLEET98/STAGE/MODEL.TMP')).equals(bytes)).toBe(true);
});
