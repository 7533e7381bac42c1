import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultLimits } from '../../../src/ftp/server/limits.ts';
import { FtpTalk, readAll } from '../../support/ftp-talk.ts';
import { waitFor } from '../../support/wait-for.ts';
import { password, startShelf, user } from './shelf.ts';

/** What was found to be wrong with another server, fault by fault, is not so with ours. */

const big = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));
const IAC = '\xff';
const IP = '\xf4';
const SYNCH = '\xf2';

test('F1: a command that comes in pieces is one command, whatever ends its line', async () => {
  const { port } = await startShelf();
  await using talk = (await FtpTalk.open(port)).talk;
  for (const piece of ['NO', 'O', 'P', '\r', '\n']) {
    talk.send(piece);
    await new Promise((resolve) => {
      talk.socket.write('', resolve);
    });
  }
  expect(await talk.answer()).toMatch(/^200 /);
  for (const end of ['\n', '\r', '\r\0', '\r\n']) {
    talk.send(`NOOP${end}`);
    expect(await talk.answer()).toMatch(/^200 /);
  }
});

test('F2: commands that come at once are done one after the other', async () => {
  const { talk, disk } = await startShelf();
  const client = await talk();
  client.send('MKD A\r\nCWD A\r\nMKD B\r\nCWD B\r\nPWD\r\nCDUP\r\nRMD B\r\n');
  const answers = [];
  for (let i = 0; i < 7; i += 1) answers.push((await client.answer()).slice(0, 3));
  expect(answers).toEqual(['257', '250', '257', '250', '257', '250', '250']);
  expect(readdirSync(join(disk, 'A'))).toEqual([]);
});

test('F3: REST is over after a transfer that failed', async () => {
  const { talk, disk } = await startShelf();
  writeFileSync(join(disk, 'FILE.BIN'), big);
  const client = await talk();
  await client.ask('REST 1000');
  expect(await client.get('RETR NONE.BIN')).toMatch(/^550 /);
  expect((await client.get('RETR FILE.BIN')).length).toBe(big.length);
  await client.ask('REST 1000');
  expect(await client.put('STOR NO/SUCH/FOLDER', 'x')).toMatch(/^550 /);
  expect(await client.put('STOR NEW.BIN', 'whole')).toMatch(/^226 /);
  expect(readFileSync(join(disk, 'NEW.BIN'), 'latin1')).toBe('whole');
});

test('F4: REST and STOR keep the bytes before', async () => {
  const { talk, disk } = await startShelf();
  writeFileSync(join(disk, 'FILE.BIN'), 'HELLO WORLD');
  const client = await talk();
  expect(await client.ask('REST 6')).toMatch(/^350 /);
  expect(await client.put('STOR FILE.BIN', 'SHELF')).toMatch(/^226 /);
  expect(readFileSync(join(disk, 'FILE.BIN'), 'latin1')).toBe('HELLO SHELF');
  await client.ask('REST 99');
  expect(await client.put('STOR FILE.BIN', 'x')).toMatch(/^554 /);
  expect(readFileSync(join(disk, 'FILE.BIN'), 'latin1')).toBe('HELLO SHELF');
});

test.each([
  ['STOR FILE.BIN', true],
  ['STOR NEW.BIN', false],
])('F5: %s that breaks leaves the old file, and what came can be gone on from', async (command, isThere) => {
  const { talk, disk, events } = await startShelf();
  const name = command.slice(5);
  if (isThere) writeFileSync(join(disk, name), 'the old one');
  const client = await talk();
  const data = await client.passive();
  expect(await client.ask(command)).toMatch(/^150 /);
  data.write(big.subarray(0, 100_000));
  const kept = await waitFor('the bytes to be kept', async () => {
    const [part = ''] = existsSync(join(disk, '.fleet98-parts'))
      ? readdirSync(join(disk, '.fleet98-parts'))
      : [];
    return part !== '' && readFileSync(join(disk, '.fleet98-parts', part)).length === 100_000;
  });
  expect(kept).toBe(true);
  data.resetAndDestroy();
  expect(await client.answer()).toMatch(/^426 /);
  expect(existsSync(join(disk, name)) && readFileSync(join(disk, name), 'latin1')).toBe(
    isThere && 'the old one',
  );
  expect(events.at(-1)).toMatchObject({ kind: 'transfer-broken', path: name, bytes: 100_000 });
  if (!isThere) expect(await client.ask(`SIZE ${name}`)).toBe('213 100000');
  await client.ask('REST 100000');
  expect(await client.put(command, big.subarray(100_000))).toMatch(/^226 /);
  expect(readFileSync(join(disk, name)).equals(big)).toBe(true);
  expect(readdirSync(join(disk, '.fleet98-parts'))).toEqual([]);
});

test('F5: APPE goes on where a broken upload ended, and behind a file', async () => {
  const { talk, disk } = await startShelf();
  const client = await talk();
  const data = await client.passive();
  await client.ask('STOR NEW.BIN');
  data.write(big.subarray(0, 5000));
  await waitFor('the bytes to be kept', async () => (await client.ask('STAT')).includes(' 5000 bytes'));
  data.resetAndDestroy();
  await client.answer();
  expect(await client.put('APPE NEW.BIN', big.subarray(5000))).toMatch(/^226 /);
  expect(readFileSync(join(disk, 'NEW.BIN')).equals(big)).toBe(true);
  expect(await client.put('APPE NEW.BIN', 'more')).toMatch(/^226 /);
  expect(readFileSync(join(disk, 'NEW.BIN')).length).toBe(big.length + 4);
});

test.each([
  ['F6', 'ABOR\r\n'],
  ['F7', `${IAC}${IP}${IAC}${SYNCH}ABOR\r\n`],
  ['F7', `${SYNCH}ABOR\r\n`],
])('%s: %j ends a transfer, and nothing of it gets among the bytes', async (_fault, words) => {
  const { talk, disk } = await startShelf({ limits: { bytesPerSecond: 400_000 } });
  writeFileSync(join(disk, 'FILE.BIN'), Buffer.concat([big, big, big]));
  const client = await talk();
  const data = await client.passive();
  const bytes = readAll(data);
  await client.ask('RETR FILE.BIN');
  client.send(words);
  expect(await client.answer()).toMatch(/^426 /);
  expect(await client.answer()).toMatch(/^226 /);
  data.end();
  const text = await bytes.catch(() => '');
  expect(Buffer.concat([big, big, big]).toString('latin1').startsWith(text)).toBe(true);
  expect(text.length).toBeLessThan(3 * big.length);
  expect((await client.get('RETR FILE.BIN')).length).toBe(3 * big.length);
});

test('F6: ABOR with nothing under way gives the port back', async () => {
  const { talk } = await startShelf();
  const client = await talk();
  const data = await client.passive();
  expect(await client.ask('ABOR')).toMatch(/^226 /);
  expect(await readAll(data).catch(() => '')).toBe('');
  expect(await client.ask('LIST')).toMatch(/^425 /);
});

test('F8: a second PASV takes the place of the first, whose time never ends the transfer', async () => {
  const { talk, disk } = await startShelf({ limits: { dataWaitMs: 200, bytesPerSecond: 600_000 } });
  writeFileSync(join(disk, 'FILE.BIN'), Buffer.concat([big, big, big]));
  const client = await talk();
  await client.ask('PASV');
  await client.ask('PASV');
  // Lasts longer than a port is waited at.
  expect((await client.get('RETR FILE.BIN')).length).toBe(3 * big.length);
});

test('F9: a data connection may come late, and is not waited for without end', async () => {
  expect(defaultLimits.dataWaitMs).toBeGreaterThanOrEqual(30_000);
  const { talk } = await startShelf({ limits: { dataWaitMs: 100 } });
  const client = await talk();
  await client.ask('PASV');
  expect(await client.ask('LIST')).toMatch(/^150 /);
  expect(await client.answer()).toMatch(/^425 /);
  expect(await client.ask('NOOP')).toMatch(/^200 /);
});

test('F10: silence is not counted while bytes flow; then it ends the session', async () => {
  const { talk, disk } = await startShelf({ limits: { idleMs: 300, bytesPerSecond: 600_000 } });
  writeFileSync(join(disk, 'FILE.BIN'), Buffer.concat([big, big, big]));
  const client = await talk();
  expect((await client.get('RETR FILE.BIN')).length).toBe(3 * big.length);
  expect(await client.answer()).toMatch(/^421 /);
  expect(await client.rest()).toBe('');
});

test('F10: a transfer in which no byte moves is ended, and the session goes on', async () => {
  const { talk } = await startShelf({ limits: { dataStallMs: 200 } });
  const client = await talk();
  const data = await client.passive();
  await client.ask('STOR FILE.BIN');
  data.write('a');
  expect(await client.answer()).toMatch(/^426 /);
  expect(await client.ask('SIZE FILE.BIN')).toBe('213 1');
});

test('F11: the size of an empty file is 0', async () => {
  const { talk, disk } = await startShelf();
  writeFileSync(join(disk, 'EMPTY'), '');
  expect(await (await talk()).ask('SIZE EMPTY')).toBe('213 0');
});

test('F12: no answer names a path of the host', async () => {
  const { talk, disk, base } = await startShelf();
  mkdirSync(join(disk, 'DIR'));
  writeFileSync(join(disk, 'DIR', 'FILE'), '');
  const client = await talk();
  const lines = [
    'MKD NEW',
    'MKD NEW',
    'MKD NO/NEW',
    'RMD DIR',
    'DELE DIR',
    'DELE NONE',
    'CWD NONE',
    'RNFR NONE',
  ];
  const answers = [];
  for (const line of [...lines, 'SIZE DIR', 'MDTM NONE', 'PWD', 'STAT', 'STAT NONE'])
    answers.push(await client.ask(line));
  answers.push(await client.get('RETR NONE'), await client.get('RETR DIR'), await client.put('STOR DIR', ''));
  expect(answers[0]).toMatch(/^257 "\/NEW"/);
  expect(answers.filter((answer) => answer.includes(base) || /E[A-Z]{4,}/.test(answer))).toEqual([]);
});

test('F13: patterns as DOS has them, in either command', async () => {
  const { talk, disk } = await startShelf();
  for (const name of ['A.EXE', 'B.EXE', 'README', 'NOTE.TXT']) writeFileSync(join(disk, name), name);
  mkdirSync(join(disk, 'SUB.EXE'));
  const client = await talk();
  const names = async (pattern: string) =>
    (await client.get(`NLST ${pattern}`))
      .split('\r\n')
      .filter((line) => line !== '')
      .toSorted();
  expect(await names('*.EXE')).toEqual(['A.EXE', 'B.EXE']);
  expect(await names('*.*')).toEqual(['A.EXE', 'B.EXE', 'NOTE.TXT', 'README']);
  expect(await names('?.exe')).toEqual(['A.EXE', 'B.EXE']);
  expect(await names('*.')).toEqual(['README']);
  expect(await names('*.COM')).toEqual([]);
  expect((await client.get('LIST *.EXE')).trim().split('\r\n').length).toBe(3);
});

test('F14: options of a listing are passed over, and what looks like one in a name is kept', async () => {
  const { talk, disk } = await startShelf();
  writeFileSync(join(disk, 'FILE'), '');
  const client = await talk();
  for (const command of ['LIST -al', 'LIST -a -L', 'NLST -1', 'LIST -al FILE', 'NLST -l *']) {
    expect(await client.get(command), command).toMatch(/FILE\r\n$/);
  }
  expect(await client.ask('MKD a -x b')).toMatch(/^257 "\/a -x b"/);
  expect(readdirSync(disk).toSorted()).toEqual(['FILE', 'a -x b']);
});

test('F15: a command without its argument is answered', async () => {
  const { talk, events } = await startShelf();
  const client = await talk();
  const verbs =
    'PORT EPRT SITE OPTS REST TYPE MODE STRU ALLO RNFR RNTO SIZE MDTM MKD RMD CWD DELE RETR STOR APPE';
  for (const verb of verbs.split(' ')) expect(await client.ask(verb), verb).toMatch(/^(4|5)\d\d /);
  expect(events.filter(({ kind }) => kind === 'failure')).toEqual([]);
});

test('F16: a stranger at a passive port is dropped, and the one who is meant is served', async () => {
  const { talk, disk } = await startShelf();
  writeFileSync(join(disk, 'FILE.BIN'), big);
  const client = await talk();
  const [, numbers = ''] = /\((.*)\)/.exec(await client.ask('PASV')) ?? [];
  const [high = 0, low = 0] = numbers.split(',').slice(4).map(Number);
  const stranger = connect({ port: high * 256 + low, host: '127.0.0.1', localAddress: '127.0.0.2' });
  stranger.on('error', () => {});
  stranger.resume();
  await once(stranger, 'close');
  const data = connect({ port: high * 256 + low, host: '127.0.0.1', localAddress: '127.0.0.1' });
  const text = readAll(data);
  expect(await client.ask('RETR FILE.BIN')).toMatch(/^150 /);
  expect((await text).length).toBe(big.length);
  expect(await client.answer()).toMatch(/^226 /);
});

test('F17: every port of a narrow range is found, and one that is wanted again is given back first', async () => {
  const free = await startShelf();
  const range = { first: free.port + 1, last: free.port + 3 };
  const { talk } = await startShelf({ passivePorts: range });
  const clients = [await talk(), await talk(), await talk()];
  const open = [];
  for (const client of clients) open.push(await client.ask('PASV'));
  const isFull = open.filter((answer) => answer.startsWith('227')).length;
  expect(isFull).toBeGreaterThan(0);
  const last = clients[isFull - 1];
  for (let i = 0; i < 5; i += 1) expect(await last?.ask('EPSV')).toMatch(/^229 /);
});

test('F18: limits of line length, sessions, and wrong passwords', async () => {
  const limits = { sessionsPerAddress: 2, loginDelayMs: 1, loginDelayMaxMs: 4, loginTries: 3 };
  const { port, events } = await startShelf({ limits });
  await using first = (await FtpTalk.open(port)).talk;
  first.send(`${'A'.repeat(5_000_000)}\r\nNOOP\r\n`);
  expect((await first.answer()).length).toBeLessThan(100);
  expect(await first.answer()).toMatch(/^200 /);
  await using second = (await FtpTalk.open(port)).talk;
  const { talk: third, greeting } = await FtpTalk.open(port);
  expect(greeting).toMatch(/^421 /);
  await third[Symbol.asyncDispose]();
  for (let i = 0; i < 3; i += 1) {
    await second.ask(`USER ${user}`);
    expect(await second.ask('PASS wrong')).toMatch(/^530 /);
  }
  expect(await second.rest()).toBe('');
  expect(events.filter(({ kind }) => kind === 'login-refused').length).toBe(3);
  expect(JSON.stringify(events)).not.toContain('wrong');
});

test('F19: a link leads nowhere', async () => {
  const { talk, disk, base } = await startShelf();
  writeFileSync(join(base, 'secret'), 'secret');
  symlinkSync(base, join(disk, 'up'));
  symlinkSync(join(base, 'secret'), join(disk, 'SECRET'));
  const client = await talk();
  expect(await client.get('RETR SECRET')).toMatch(/^550 /);
  expect(await client.get('RETR up/secret')).toMatch(/^550 /);
  expect(await client.put('STOR up/NEW', 'x')).toMatch(/^550 /);
  // The name is given to a new file; what the link led to stays.
  expect(await client.put('STOR SECRET', 'x')).toMatch(/^226 /);
  expect(lstatSync(join(disk, 'SECRET')).isFile()).toBe(true);
  expect(await client.ask('CWD up')).toMatch(/^550 /);
  expect(await client.get('NLST')).toBe('SECRET\r\n');
  expect(readFileSync(join(base, 'secret'), 'latin1')).toBe('secret');
  expect(existsSync(join(base, 'NEW'))).toBe(false);
});

test('F20: an empty password is one, and USER may come again', async () => {
  const { port } = await startShelf({ limits: { loginDelayMs: 1 } });
  await using talk = (await FtpTalk.open(port)).talk;
  await talk.ask('USER nobody');
  expect(await talk.ask('PASS ')).toMatch(/^530 /);
  expect(await talk.ask(`USER ${user}`)).toMatch(/^331 /);
  expect(await talk.ask(`PASS ${password}`)).toMatch(/^230 /);
  expect(await talk.ask('USER other')).toMatch(/^331 /);
  expect(await talk.ask('PWD')).toMatch(/^530 /);
});

test('F21: names in the codepage of the machine, in UTF-8 once that is asked for', async () => {
  const { talk, disk } = await startShelf({ view: { codepage: 'cp850' } });
  const client = await talk();
  // Ü is 9A there.
  expect(await client.put('STOR \x9cBUNG.TXT'.replace('\x9c', '\x9a'), 'x')).toMatch(/^226 /);
  expect(readdirSync(disk)).toContain('ÜBUNG.TXT');
  expect(await client.get('NLST')).toBe('\x9aBUNG.TXT\r\n');
  expect(await client.ask('OPTS UTF8 ON')).toMatch(/^200 /);
  expect(Buffer.from(await client.get('NLST'), 'latin1').toString()).toBe('ÜBUNG.TXT\r\n');
  expect(await client.ask(`SIZE ${Buffer.from('ÜBUNG.TXT').toString('latin1')}`)).toBe('213 1');
});

test('F22: the greeting is one plain line', async () => {
  const { port } = await startShelf();
  const { talk, greeting } = await FtpTalk.open(port);
  await talk[Symbol.asyncDispose]();
  expect(greeting).toBe('220 FTP server ready.');
});

test('F23: a folder of 20,000 files is listed', async () => {
  const { talk, disk } = await startShelf();
  for (let i = 0; i < 20_000; i += 1) writeFileSync(join(disk, `F${i}.TXT`), '');
  const lines = (await (await talk()).get('LIST')).trimEnd().split('\r\n');
  expect(lines.length).toBe(20_000);
});
