import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startFtpServer } from '../../../src/simulator/ftp/server.ts';
import { KnobBoard, plainKnobs, type Knobs } from '../../../src/simulator/knobs.ts';
import type { Dress } from '../../../src/simulator/profile.ts';
import { eventually, temporaryFolder } from '../support.ts';
import { Wire } from './wire.ts';

const dress: Dress = {
  greeting: ['Old server', 'ready'],
  syst: 'Windows_NT',
  feat: ['SIZE', 'REST STREAM'],
  listing: 'dos',
  epsv: false,
  rest: true,
};

async function startPc(change: Partial<Dress> = {}, knobs: Partial<Knobs> = {}) {
  const disk = temporaryFolder();
  mkdirSync(join(disk, 'FLEET98'));
  const board = new KnobBoard({ ...plainKnobs, ...knobs });
  const server = await startFtpServer({
    diskFolder: disk,
    dress: { ...dress, ...change },
    user: 'fleet',
    password: 'secret',
    knobs: board,
    port: 0,
  });
  const wire = await Wire.login(server.port, 'fleet', 'secret');
  onTestFinished(async () => {
    wire.close();
    await server.close();
  });
  const file = (path: string): string => join(disk, 'FLEET98', path);
  return { disk, wire, file, board, port: server.port };
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

test('greets, identifies itself and lists its features as the profile says', async () => {
  const { wire } = await startPc();
  expect(wire.replies[0]).toBe('220-Old server\r\n220 ready\r\n');
  expect(await wire.send('SYST')).toBe('215 Windows_NT\r\n');
  expect(await wire.send('FEAT')).toBe('211-Features\r\n SIZE\r\n REST STREAM\r\n211 End\r\n');
});

test.each([
  ['EPSV', { epsv: false }, /^500 /],
  ['EPSV', { epsv: true }, /^229 .*\(\|\|\|\d+\|\)/],
  ['FEAT', { feat: null }, /^500 /],
  ['REST 5', { rest: false }, /^500 /],
  ['REST 5', { rest: true }, /^350 /],
  ['OPTS UTF8 ON', { feat: [] }, /^500 /],
  ['OPTS UTF8 ON', { feat: ['UTF8'] }, /^200 /],
  ['XYZZY', {}, /^500 /],
  ['AUTH TLS', {}, /^500 /],
  ['SITE CHMOD 777 X', {}, /^500 /],
  ['PORT', {}, /^501 /],
  ['OPTS', {}, /^500 /],
  ['SIZE', {}, /^550 /],
])('answers %s dressed as %o', async (command, change, expected) => {
  const { wire } = await startPc(change);
  expect(await wire.send(command)).toMatch(expected);
});

test('refuses a wrong password and takes the right one on the same connection', async () => {
  const { port } = await startPc();
  const wire = await Wire.login(port, 'fleet', 'wrong');
  expect(wire.replies.at(-1)).toMatch(/^530 /);
  expect(await wire.send('SIZE FLEET98')).toMatch(/^530 /);
  await wire.send('USER fleet');
  expect(await wire.send('PASS secret')).toMatch(/^230 /);
  wire.close();
});

test('takes commands in any pieces, with or without CR', async () => {
  const { wire } = await startPc();
  wire.write('SY');
  wire.write('ST\n');
  expect(await wire.reply()).toBe('215 Windows_NT\r\n');
});

test('finds names in any case and stores them in upper case', async () => {
  const { wire, file } = await startPc();
  writeFileSync(file('Host.txt'), 'made by the host');
  expect(await wire.upload('STOR fleet98/engine.bin', 'bytes')).toMatch(/^226 /);
  expect(readFileSync(file('ENGINE.BIN'), 'latin1')).toBe('bytes');
  expect(await wire.send('SIZE /FLEET98/Engine.Bin')).toBe('213 5\r\n');
  expect(await wire.download('RETR \\FLEET98\\HOST.TXT')).toBe('made by the host');
});

test.each(['LONGNAME9.BIN', 'A.LONG', 'A.B.C', 'WITH BLANK', 'A+B', 'NUL', 'con.txt', 'COM1.LOG', '.X'])(
  'refuses to store %s',
  async (name) => {
    const { wire, file } = await startPc();
    expect(await wire.upload(`STOR FLEET98/${name}`, 'x')).toMatch(/^55[03] /);
    expect(await wire.send(`MKD FLEET98/${name}`)).toMatch(/^55[03] /);
    writeFileSync(file('GOOD.TXT'), 'x');
    await wire.send('RNFR FLEET98/GOOD.TXT');
    expect(await wire.send(`RNTO FLEET98/${name}`)).toMatch(/^55[03] /);
    expect(existsSync(file('GOOD.TXT'))).toBe(true);
  },
);

test('answers 213 0 for an empty file and 550 for a folder or nothing', async () => {
  const { wire, file } = await startPc();
  writeFileSync(file('EMPTY.BIN'), '');
  expect(await wire.send('SIZE FLEET98/EMPTY.BIN')).toBe('213 0\r\n');
  expect(await wire.send('SIZE FLEET98')).toMatch(/^550 /);
  expect(await wire.send('SIZE FLEET98/NONE.BIN')).toMatch(/^550 /);
});

test('goes on with an upload by REST or APPE and keeps the head', async () => {
  const { wire, file } = await startPc();
  writeFileSync(file('A.BIN'), 'head-');
  await wire.send('REST 5');
  expect(await wire.upload('STOR FLEET98/A.BIN', 'tail')).toMatch(/^226 /);
  expect(readFileSync(file('A.BIN'), 'latin1')).toBe('head-tail');
  expect(await wire.upload('APPE FLEET98/A.BIN', '-more')).toMatch(/^226 /);
  expect(readFileSync(file('A.BIN'), 'latin1')).toBe('head-tail-more');
  expect(await wire.upload('STOR FLEET98/A.BIN', 'new')).toMatch(/^226 /);
  expect(readFileSync(file('A.BIN'), 'latin1')).toBe('new');
});

test('forgets a restart offset after a transfer that failed', async () => {
  const { wire, file } = await startPc();
  writeFileSync(file('A.BIN'), '0123456789');
  await wire.send('REST 4');
  expect(await wire.download('RETR FLEET98/NONE.BIN')).toMatch(/^550 /);
  expect(await wire.download('RETR FLEET98/A.BIN')).toBe('0123456789');
  await wire.send('REST 4');
  expect(await wire.download('RETR FLEET98/A.BIN')).toBe('456789');
});

test('keeps the partial file and every other file when an upload is reset', async () => {
  const { wire, file } = await startPc({}, { rateBytesPerSecond: 200_000 });
  writeFileSync(file('OLD.BIN'), 'old');
  writeFileSync(file('HALF.BIN'), 'first half,');
  for (const command of ['APPE FLEET98/HALF.BIN', 'STOR FLEET98/NEW.BIN']) {
    const data = await wire.openData();
    expect(await wire.send(command)).toMatch(/^150 /);
    data.write(Buffer.alloc(100_000, 'x'));
    const path = file(command.slice(command.indexOf('/') + 1));
    await eventually(() => existsSync(path) && statSync(path).size > 1_000, `bytes in ${path}`);
    data.resetAndDestroy();
    expect(await wire.reply()).toMatch(/^550 /);
  }
  expect(readFileSync(file('HALF.BIN'), 'latin1')).toMatch(/^first half,x+$/);
  expect(statSync(file('NEW.BIN')).size).toBeGreaterThan(1_000);
  expect(readFileSync(file('OLD.BIN'), 'latin1')).toBe('old');
  expect(await wire.send('SIZE FLEET98/OLD.BIN')).toBe('213 3\r\n');
});

test('refuses to rename onto a name that is taken, in any case', async () => {
  const { wire, file } = await startPc();
  writeFileSync(file('A.TMP'), 'a');
  writeFileSync(file('B.JOB'), 'b');
  expect(await wire.send('RNFR FLEET98/A.TMP')).toMatch(/^350 /);
  expect(await wire.send('RNTO FLEET98/b.job')).toMatch(/^550 /);
  expect(readFileSync(file('B.JOB'), 'latin1')).toBe('b');
  await wire.send('RNFR FLEET98/A.TMP');
  expect(await wire.send('RNTO FLEET98/C.JOB')).toMatch(/^250 /);
  expect(readFileSync(file('C.JOB'), 'latin1')).toBe('a');
  expect(await wire.send('RNFR FLEET98/A.TMP')).toMatch(/^550 /);
});

test('deletes files with DELE and folders with RMD only', async () => {
  const { wire, file } = await startPc();
  writeFileSync(file('A.BIN'), 'a');
  expect(await wire.send('MKD FLEET98/SUB')).toMatch(/^257 "\/FLEET98\/SUB"/);
  expect(await wire.send('MKD FLEET98/SUB')).toMatch(/^550 /);
  expect(await wire.send('DELE FLEET98/SUB')).toMatch(/^550 /);
  expect(await wire.send('RMD FLEET98/SUB')).toMatch(/^250 /);
  expect(await wire.send('DELE FLEET98/A.BIN')).toMatch(/^250 /);
  expect(await wire.send('DELE FLEET98/A.BIN')).toMatch(/^550 /);
  expect(existsSync(file('A.BIN'))).toBe(false);
});

test('lists the way the profile says, whatever options are given', async () => {
  const dos = await startPc();
  writeFileSync(dos.file('A.BIN'), '12345');
  expect(await dos.wire.download('LIST -al FLEET98')).toMatch(
    /^\d\d-\d\d-\d\d {2}\d\d:\d\d[AP]M {20}5 A\.BIN\r\n$/,
  );
  expect(await dos.wire.download('LIST')).toMatch(/ {7}<DIR> {10}FLEET98\r\n$/);
  expect(await dos.wire.download('NLST FLEET98')).toBe('A.BIN\r\n');
  const unix = await startPc({ listing: 'unix' });
  expect(await unix.wire.download('LIST')).toMatch(/^drwxr-xr-x .* FLEET98\r\n$/);
});

test('shows no path of the host, leaves the disk by no way, and follows no link', async () => {
  const { wire, disk, file } = await startPc();
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'SECRET.TXT'), 'secret');
  symlinkSync(outside, file('LINK'));
  symlinkSync(join(outside, 'SECRET.TXT'), file('LINK.TXT'));
  expect(await wire.download('RETR FLEET98/LINK/SECRET.TXT')).toMatch(/^550 /);
  expect(await wire.download('RETR FLEET98/LINK.TXT')).toMatch(/^550 /);
  expect(await wire.download('RETR ../../../../etc/hostname')).toMatch(/^550 /);
  expect(await wire.send('CWD ..\\..\\..')).toMatch(/^250 "\/"/);
  await wire.upload('STOR FLEET98/A.BIN', 'a');
  for (const line of [
    'MKD X',
    'MKD X',
    'CWD X',
    'PWD',
    'CWD NONE',
    'DELE NONE',
    'RNFR NONE',
    'SIZE NONE',
    'RMD /FLEET98',
    'NOOP',
    'ABOR',
  ]) {
    await wire.send(line);
  }
  expect(wire.replies.length).toBeGreaterThan(20);
  for (const reply of wire.replies) {
    expect(reply).not.toContain(disk);
    expect(reply).not.toContain(outside);
    expect(reply).not.toMatch(/ENOENT|EEXIST|\/tmp\b/);
  }
});

test('survives passive ports that nobody uses and transfers without one', async () => {
  const { wire } = await startPc();
  expect(await wire.send('RETR FLEET98/A.BIN')).toMatch(/^550 /);
  await wire.send('PASV');
  await wire.send('PASV');
  for (let round = 0; round < 20; round += 1) {
    expect(await wire.upload('STOR FLEET98/A.BIN', `round ${round}`)).toMatch(/^226 /);
    expect(await wire.download('RETR FLEET98/A.BIN')).toBe(`round ${round}`);
  }
});

test.runIf(process.platform === 'linux')('closes the file of a transfer whose client is gone', async () => {
  const { wire, port, file } = await startPc({}, { rateBytesPerSecond: 100_000 });
  const openFiles = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(file('')));
  const other = await Wire.login(port, 'fleet', 'secret');
  for (const [client, name] of [
    [wire, 'A.BIN'],
    [other, 'B.BIN'],
  ] as const) {
    const data = await client.openData();
    await client.send(`STOR FLEET98/${name}`);
    data.write('some bytes');
  }
  await eventually(() => openFiles().length === 2, 'both files open');
  other.close();
  await eventually(() => openFiles().length === 1, 'one file closed');
  expect(await (await Wire.login(port, 'fleet', 'secret')).send('SIZE FLEET98/B.BIN')).toMatch(/^213 /);
});

test('lets the client be called back with PORT', async () => {
  const { wire, file } = await startPc();
  writeFileSync(file('A.BIN'), 'called back');
  const received = new Promise<string>((resolve) => {
    const listener = createServer((socket) => {
      let text = '';
      socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
      socket.on('end', () => {
        socket.end();
        listener.close();
        resolve(text);
      });
    });
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      void wire.send(`PORT 127,0,0,1,${port >> 8},${port & 255}`).then(() => wire.send('RETR FLEET98/A.BIN'));
    });
  });
  expect(await received).toBe('called back');
});

test('serves two PCs at once, each with its own disk, and leaves the process its signals', async () => {
  const before = process.listenerCount('SIGTERM');
  const [one, two] = await Promise.all([startPc(), startPc()]);
  const big = Buffer.alloc(300_000, 'z');
  const replies = await Promise.all([
    one.wire.upload('STOR FLEET98/ONE.BIN', big),
    two.wire.upload('STOR FLEET98/TWO.BIN', big),
  ]);
  expect(replies.every((reply) => reply.startsWith('226'))).toBe(true);
  expect(statSync(one.file('ONE.BIN')).size).toBe(big.length);
  expect(statSync(two.file('TWO.BIN')).size).toBe(big.length);
  expect(existsSync(one.file('TWO.BIN'))).toBe(false);
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

test.each(['RETR', 'STOR', 'APPE'])(
  'a client that is gone while its %s begins leaves no file open',
  async (verb) => {
    const { port, file } = await startPc();
    writeFileSync(file('A.BIN'), Buffer.alloc(1_000));
    // It goes away at each turn of the loop in which the server may be on its way to the file.
    for (let turns = 0; turns < 30; turns += 1) {
      const wire = await Wire.login(port, 'fleet', 'secret');
      const data = await wire.openData();
      wire.write(`${verb} /FLEET98/A.BIN\r\n`);
      for (let turn = 0; turn < turns; turn += 1) await nextTurn();
      wire.close();
      await wire.closed;
      data.destroy();
    }
    const isOpen = (): boolean => readdirSync('/proc/self/fd').some((fd) => linkOf(fd) === file('A.BIN'));
    await eventually(() => !isOpen(), 'the file closed');
  },
);
