import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startFtpServer } from '../../../src/simulator/ftp/server.ts';
import { KnobBoard, plainKnobs, turnKnobs } from '../../../src/simulator/knobs.ts';
import { loadProfile } from '../../../src/simulator/profile.ts';
import { temporaryFolder } from '../support.ts';
import { Wire } from './wire.ts';

async function startPc(...knobs: readonly string[]) {
  const disk = temporaryFolder();
  mkdirSync(join(disk, 'FLEET98'));
  const board = new KnobBoard(turnKnobs(plainKnobs, knobs));
  const { dress } = loadProfile('pentium2-win98');
  const login = { user: 'fleet', password: 'secret' };
  const server = await startFtpServer({ diskFolder: disk, dress, ...login, knobs: board, port: 0 });
  onTestFinished(() => server.close());
  const open = async (): Promise<Wire> => {
    const wire = await Wire.login(server.port, 'fleet', 'secret');
    onTestFinished(() => wire.close());
    return wire;
  };
  return { open, board, file: (name: string): string => join(disk, 'FLEET98', name) };
}

test('refuses the commands it is told to, and only those', async () => {
  const { open, board, file } = await startPc('refuse=SIZE:502 Not today', 'refuse=STOR:553 Never');
  writeFileSync(file('A.BIN'), 'x');
  const wire = await open();
  expect(await wire.send('SIZE FLEET98/A.BIN')).toBe('502 Not today\r\n');
  expect(await wire.upload('STOR FLEET98/B.BIN', 'x')).toBe('553 Never\r\n');
  expect(await wire.upload('APPE FLEET98/A.BIN', 'y')).toMatch(/^226 /);
  board.set({ refused: new Map() });
  expect(await wire.send('SIZE FLEET98/A.BIN')).toBe('213 2\r\n');
});

test('breaks the link after so many bytes of an upload, every time, and keeps them', async () => {
  const { open, board, file } = await startPc('drop=upload:5000');
  for (const name of ['A.BIN', 'B.BIN']) {
    const wire = await open();
    const data = await wire.openData();
    await wire.send(`STOR FLEET98/${name}`);
    data.end(Buffer.alloc(100_000, 'x'));
    expect(await wire.closed).toBe('ECONNRESET');
    expect(statSync(file(name)).size).toBe(5_000);
  }
  board.set({ drop: undefined });
  const wire = await open();
  expect(await wire.upload('APPE FLEET98/B.BIN', 'the rest')).toMatch(/^226 /);
  expect(statSync(file('B.BIN')).size).toBe(5_008);
});

test('breaks the link once in a download; smaller files pass', async () => {
  const { open, board, file } = await startPc('drop=download:5000:once');
  writeFileSync(file('SMALL.BIN'), Buffer.alloc(5_000, 's'));
  writeFileSync(file('BIG.BIN'), Buffer.alloc(100_000, 'b'));
  const wire = await open();
  expect(await wire.download('RETR FLEET98/SMALL.BIN')).toHaveLength(5_000);
  const data = await wire.openData();
  let received = 0;
  data.on('data', (bytes: Buffer) => (received += bytes.length));
  // A reset is what is meant to happen here, so it is no failure of the test.
  const closed = new Promise((resolve) => data.once('error', () => {}).once('close', resolve));
  await wire.send('RETR FLEET98/BIG.BIN');
  expect(await wire.closed).toBe('ECONNRESET');
  await closed;
  expect(received).toBeLessThanOrEqual(5_000);
  expect(board.now.drop).toBeUndefined();
  expect(await (await open()).download('RETR FLEET98/BIG.BIN')).toHaveLength(100_000);
});

test('says 452 on a full disk, keeps what fitted, and takes more when there is room', async () => {
  const { open, board, file } = await startPc('disk=64');
  const wire = await open();
  expect(await wire.upload('STOR FLEET98/A.BIN', Buffer.alloc(40_960, 'a'))).toMatch(/^226 /);
  expect(await wire.upload('STOR FLEET98/B.BIN', Buffer.alloc(40_960, 'b'))).toBe(
    '452 Insufficient storage space\r\n',
  );
  expect(statSync(file('B.BIN')).size).toBe(65_536 - 40_960);
  expect(await wire.upload('APPE FLEET98/B.BIN', 'one more')).toMatch(/^452 /);
  expect(await wire.upload('STOR FLEET98/A.BIN', Buffer.alloc(40_960, 'c'))).toMatch(/^226 /);
  await wire.send('DELE FLEET98/A.BIN');
  expect(await wire.upload('APPE FLEET98/B.BIN', Buffer.alloc(16_384, 'd'))).toMatch(/^226 /);
  board.set({ diskKb: 0 });
  expect(await wire.upload('STOR FLEET98/A.BIN', Buffer.alloc(300_000, 'e'))).toMatch(/^226 /);
  expect(readFileSync(file('B.BIN'), 'latin1')).toMatch(/^b{24576}d{16384}$/);
});

test('shows times by a wrong clock', async () => {
  const { open, board, file } = await startPc('clock=1980-01-01');
  writeFileSync(file('NEW.BIN'), 'x');
  const wire = await open();
  expect(await wire.send('MDTM FLEET98/NEW.BIN')).toMatch(/^213 19(80|79)\d{10}\r\n$/);
  expect(await wire.download('LIST FLEET98')).toMatch(/^(01-01-80|12-31-79) /);
  board.set({ clockOffsetMs: 0 });
  utimesSync(file('NEW.BIN'), 0, Date.parse('1998-06-25T07:08:09Z') / 1000);
  expect(await wire.send('MDTM FLEET98/NEW.BIN')).toBe('213 19980625070809\r\n');
  expect(await wire.send('MDTM FLEET98/NONE.BIN')).toMatch(/^550 /);
});

test('takes its time for each reply', async () => {
  const { open, board, file } = await startPc('delay=1');
  writeFileSync(file('A.BIN'), 'slow');
  const wire = await open();
  expect(await wire.download('RETR FLEET98/A.BIN')).toBe('slow');
  const before = wire.replies.length;
  board.set({ replyDelayMs: 600_000 });
  wire.write('DELE FLEET98/A.BIN\r\n');
  await expect.poll(() => existsSync(file('A.BIN'))).toBe(false);
  expect(await (await (await startPc()).open()).send('NOOP')).toMatch(/^200 /);
  expect(wire.replies).toHaveLength(before);
});

test('changes the speed of the wire while a transfer goes on', async () => {
  const { open, board, file } = await startPc('rate=2000');
  const wire = await open();
  const uploaded = wire.upload('STOR FLEET98/A.BIN', Buffer.alloc(200_000, 'x'));
  await expect.poll(() => statSync(file('A.BIN'), { throwIfNoEntry: false })?.size ?? 0).toBeGreaterThan(0);
  board.set({ rateBytesPerSecond: 0 });
  expect(await uploaded).toMatch(/^226 /);
  expect(statSync(file('A.BIN')).size).toBe(200_000);
});
