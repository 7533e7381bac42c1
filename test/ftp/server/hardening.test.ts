import { mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../src/ftp/server/limits.ts';
import { FtpTalk, activeListener, readAll } from '../../support/ftp-talk.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startShelf } from './shelf.ts';

const everyByte = Buffer.from(Array.from({ length: 512 }, (_, at) => at % 256));

describe('data connections', () => {
  test('PORT goes to the client itself, and to no port of a service', async () => {
    const { talk, disk } = await startShelf();
    writeFileSync(join(disk, 'FILE'), everyByte);
    const client = await talk();
    expect(await client.ask('PORT 127,0,0,2,200,1')).toMatch(/^500 /);
    expect(await client.ask('PORT 10,0,0,1,200,1')).toMatch(/^500 /);
    expect(await client.ask('PORT 127,0,0,1,0,25')).toMatch(/^500 /);
    expect(await client.ask('PORT 127,0,0,1,3,255')).toMatch(/^500 /);
    expect(await client.ask('EPRT |1|127.0.0.2|50000|')).toMatch(/^500 /);
    expect(await client.ask('EPRT |1|127.0.0.1|22|')).toMatch(/^500 /);
    expect(await client.ask('EPRT |9|127.0.0.1|50000|')).toMatch(/^522 /);
    for (const nonsense of ['PORT 1,2,3', 'PORT 256,0,0,1,4,5', 'EPRT x', 'EPRT |1|127.0.0.1|99999|']) {
      expect(await client.ask(nonsense), nonsense).toMatch(/^501 /);
    }
    expect(await client.ask('LIST')).toMatch(/^425 /);
  });

  test.each(['PORT', 'EPRT'])('%s: a file goes both ways', async (verb) => {
    const { talk, disk } = await startShelf();
    const client = await talk();
    for (const command of ['STOR FILE', 'RETR FILE']) {
      const listener = await activeListener();
      const [high = 0, low = 0] = listener.port.split(',').slice(4).map(Number);
      const way = verb === 'PORT' ? listener.port : `|1|127.0.0.1|${high * 256 + low}|`;
      expect(await client.ask(`${verb} ${way}`)).toMatch(/^200 /);
      client.send(`${command}\r\n`);
      const data = await listener.socket;
      listener.close();
      if (command === 'STOR FILE') data.end(everyByte);
      else expect(await readAll(data)).toBe(everyByte.toString('latin1'));
      expect(await client.answer()).toMatch(/^150 /);
      expect(await client.answer()).toMatch(/^226 /);
      data.destroy();
    }
    expect(readFileSync(join(disk, 'FILE')).equals(everyByte)).toBe(true);
  });

  test('227 is one line with six numbers and no digit before; 229 and P@SW do as well', async () => {
    const { talk } = await startShelf();
    const client = await talk();
    expect(await client.ask('PASV')).toMatch(/^227 [^\d\n]*\(127,0,0,1,\d{1,3},\d{1,3}\)\.$/);
    expect(await client.ask('P@SW')).toMatch(/^227 /);
    expect(await client.ask('EPSV')).toMatch(/^229 .*\(\|\|\|\d+\|\)$/);
    expect(await client.ask('EPSV 2')).toMatch(/^522 /);
    expect(await client.ask('EPSV ALL')).toMatch(/^200 /);
    expect(await client.ask('PASV')).toMatch(/^503 /);
  });

  test('another address is named where the caller says so', async () => {
    const { talk } = await startShelf({ advertisedAddress: '192.168.7.1' });
    expect(await (await talk()).ask('PASV')).toContain('(192,168,7,1,');
  });

  test('an upload whose client dies in the middle is not taken for a whole file', async () => {
    const { talk, disk } = await startShelf();
    const client = await talk();
    const data = await client.passive();
    await client.ask('STOR FILE');
    data.write('half');
    await waitFor('the bytes', async () => (await client.ask('STAT')).includes(' 4 bytes'));
    // As its system does it: both connections end in order.
    client.socket.end();
    data.end();
    const again = await talk();
    await waitFor('the part', async () => (await again.ask('SIZE FILE')) === '213 4');
    expect(readdirSync(disk)).not.toContain('FILE');
  });
});

describe('names', () => {
  test.each([
    'CON',
    'nul.txt',
    'COM1',
    'LPT9.LOG',
    'A:B',
    'A*B',
    'A?B',
    'A|B',
    'A"B',
    'END.',
    'DOT..',
    'T\tB',
  ])('%j is no name of a file', async (name) => {
    const { talk, disk } = await startShelf();
    const client = await talk();
    expect(await client.put(`STOR ${name}`, 'x')).toMatch(/^5\d\d /);
    expect(await client.ask(`MKD ${name}`)).toMatch(/^5\d\d /);
    expect(readdirSync(disk).filter((made) => made !== '.fleet98-parts')).toEqual([]);
  });

  test.each([
    '../secret',
    '..\\secret',
    '/../secret',
    '\\..\\..\\secret',
    '....//secret',
    'SUB/../../secret',
  ])('%j leads out of nothing', async (path) => {
    const { talk, disk, base } = await startShelf();
    writeFileSync(join(base, 'secret'), 'secret');
    mkdirSync(join(disk, 'SUB'));
    const client = await talk();
    expect(await client.get(`RETR ${path}`)).toMatch(/^550 /);
    await client.put(`STOR ${path}`, 'mine');
    expect(readFileSync(join(base, 'secret'), 'latin1')).toBe('secret');
  });

  test('the folder of broken uploads is none that a client sees', async () => {
    const { talk, disk } = await startShelf();
    mkdirSync(join(disk, '.fleet98-parts'));
    const client = await talk();
    expect(await client.get('NLST')).toBe('');
    expect(await client.ask('CWD .fleet98-parts')).toMatch(/^5\d\d /);
    expect(await client.ask('RMD .FLEET98-PARTS')).toMatch(/^5\d\d /);
    expect(await client.put('STOR .fleet98-parts/X', 'x')).toMatch(/^5\d\d /);
  });

  test('are found in any case, and never made twice', async () => {
    const { talk, disk } = await startShelf();
    mkdirSync(join(disk, 'Folder'));
    writeFileSync(join(disk, 'Folder', 'ReadMe.txt'), 'old');
    const client = await talk();
    expect(await client.get('RETR FOLDER/README.TXT')).toBe('old');
    expect(await client.put('STOR folder/readme.TXT', 'new')).toMatch(/^226 /);
    expect(await client.ask('MKD FOLDER')).toMatch(/^550 /);
    expect(readdirSync(join(disk, 'Folder'))).toEqual(['ReadMe.txt']);
    expect(readFileSync(join(disk, 'Folder', 'ReadMe.txt'), 'latin1')).toBe('new');
    await client.ask('RNFR Folder/README.txt');
    expect(await client.ask('RNTO Folder/README.TXT')).toMatch(/^250 /);
    expect(readdirSync(join(disk, 'Folder'))).toEqual(['README.TXT']);
  });

  test('long ones have an 8.3 name that leads to them, shown where a machine knows no other', async () => {
    const { talk, disk } = await startShelf({ view: { showsShortNames: true } });
    writeFileSync(join(disk, 'a long name of a model.bin'), 'weights');
    writeFileSync(join(disk, 'README.TXT'), '');
    const client = await talk();
    const names = (await client.get('NLST')).trim().split('\r\n').toSorted();
    expect(names[1]).toBe('README.TXT');
    expect(names[0]).toMatch(/^ALO~[0-9A-Z]{4}\.BIN$/);
    expect(await client.get(`RETR ${names[0]?.toLowerCase()}`)).toBe('weights');
    expect((await client.get('NLST *~*')).trim()).toBe(names[0]);
  });

  test('a rename never goes onto something, and starts with RNFR', async () => {
    const { talk, disk } = await startShelf();
    for (const name of ['A', 'B']) writeFileSync(join(disk, name), name);
    const client = await talk();
    expect(await client.ask('RNTO C')).toMatch(/^503 /);
    await client.ask('RNFR A');
    expect(await client.ask('RNTO B')).toMatch(/^550 /);
    await client.ask('RNFR A');
    await client.ask('NOOP');
    expect(await client.ask('RNTO C')).toMatch(/^503 /);
    expect(readdirSync(disk).toSorted()).toEqual(['A', 'B']);
  });
});

test('bytes are the same in TYPE A and TYPE I, and so is the size', async () => {
  const { talk, disk } = await startShelf();
  const client = await talk();
  for (const type of ['A', 'I', 'A N', 'L 8']) {
    expect(await client.ask(`TYPE ${type}`)).toMatch(/^200 /);
    expect(await client.put('STOR FILE', everyByte)).toMatch(/^226 /);
    expect(readFileSync(join(disk, 'FILE')).equals(everyByte)).toBe(true);
    expect(await client.get('RETR FILE')).toBe(everyByte.toString('latin1'));
    expect(await client.ask('SIZE FILE')).toBe('213 512');
  }
  expect(await client.ask('TYPE E')).toMatch(/^504 /);
});

test('LIST has the lines that every client knows, MDTM the time', async () => {
  const { talk, disk } = await startShelf();
  mkdirSync(join(disk, 'DIR'));
  writeFileSync(join(disk, 'OLD.TXT'), 'x');
  utimesSync(join(disk, 'OLD.TXT'), 0, Date.UTC(1998, 5, 25, 12, 30, 1) / 1000);
  const client = await talk();
  const lines = (await client.get('LIST')).trimEnd().split('\r\n').toSorted();
  expect(lines[0]).toBe('-rwxrwxrwx 1 ftp ftp             1 Jun 25  1998 OLD.TXT');
  expect(lines[1]).toMatch(/^drwxrwxrwx 1 ftp ftp +\d+ [A-Z][a-z]{2} [ \d]\d \d\d:\d\d DIR$/);
  expect(await client.ask('MDTM OLD.TXT')).toBe('213 19980625123001');
  expect(await client.ask('MDTM DIR')).toMatch(/^550 /);
  expect(await client.ask('STAT OLD.TXT')).toContain('\n -rwxrwxrwx 1 ftp ftp');
});

test('what old clients ask for is there, before and after the login', async () => {
  const { port, talk } = await startShelf();
  await using stranger = (await FtpTalk.open(port)).talk;
  expect(await stranger.ask('OPTS UTF8 ON')).toMatch(/^200 /);
  expect(await stranger.ask('SYST')).toBe('215 UNIX Type: L8');
  expect(await stranger.ask('FEAT')).toContain('\n REST STREAM\n');
  expect(await stranger.ask('HELP')).toContain(' XMKD ');
  expect(await stranger.ask('LIST')).toMatch(/^530 /);
  const client = await talk();
  const wanted = [
    ['ACCT x', '202'],
    ['ALLO 100', '200'],
    ['MODE S', '200'],
    ['MODE B', '504'],
    ['STRU F', '200'],
    ['XPWD', '257'],
    ['XMKD A', '257'],
    ['XCWD A', '250'],
    ['XCUP', '250'],
    ['XRMD A', '250'],
    ['HELP STOR', '214'],
    ['STAT', '211'],
    ['SITE HELP', '502'],
    ['NOSUCH', '502'],
    ['\x01\x02', '500'],
    ['QUIT', '221'],
  ] as const;
  for (const [line, code] of wanted) expect((await client.ask(line)).slice(0, 3), line).toBe(code);
  expect(await client.rest()).toBe('');
});

test('a browser that was led here says no more than one line', async () => {
  const { port } = await startShelf();
  await using talk = (await FtpTalk.open(port)).talk;
  talk.send('GET / HTTP/1.0\r\nX: y\r\n\r\nUSER box\r\nPASS shelf98\r\n');
  expect(await talk.answer()).toMatch(/^502 /);
  expect(await talk.rest()).toBe('');
});

describe('limits', () => {
  test('are those of the list', () => {
    expect(defaultLimits).toMatchObject({
      sessionsInAll: 50,
      sessionsPerAddress: 4,
      loginTries: 3,
      lineBytes: 512,
    });
    expect(defaultLimits).toMatchObject({ loginDelayMs: 1000, loginDelayMaxMs: 8000, idleMs: 600_000 });
  });

  test('who does not log in is sent away', async () => {
    const { port } = await startShelf({ limits: { loginMs: 100 } });
    await using talk = (await FtpTalk.open(port)).talk;
    expect(await talk.answer()).toMatch(/^421 /);
  });

  test('a session that has been silent for long gives way to a new one of its machine', async () => {
    const { talk } = await startShelf({ limits: { sessionsPerAddress: 1, giveWayMs: 50 } });
    const dead = await talk();
    const answer = waitFor('a place', () => talk().catch(() => undefined));
    expect(await dead.answer()).toMatch(/^421 /);
    expect(await (await answer).ask('NOOP')).toMatch(/^200 /);
  });

  test('what is no FTP for too long ends the session', async () => {
    const { talk } = await startShelf({ limits: { badLines: 5 } });
    const client = await talk();
    client.send('???\r\n'.repeat(6));
    const said = await client.rest();
    expect(said.match(/^500 /gm)?.length).toBe(4);
    expect(said).toMatch(/^421 /m);
  });

  test('an upload beyond the quota ends, says so, and makes room again', async () => {
    const { talk, disk } = await startShelf({ view: { quotaBytes: 1000, quotaEntries: 3 } });
    const client = await talk();
    expect(await client.put('STOR BIG', Buffer.alloc(2000))).toMatch(/^552 /);
    await client.ask('ALLO 5000');
    expect(await client.put('STOR BIG', 'x')).toMatch(/^552 /);
    expect(await client.put('STOR SMALL', Buffer.alloc(900))).toMatch(/^226 /);
    expect(readdirSync(disk)).not.toContain('BIG');
    await client.ask('MKD A');
    expect(await client.ask('MKD B')).toMatch(/^552 /);
  });

  test('a close waits for a transfer that is under way', async () => {
    const { talk, server, disk } = await startShelf({ limits: { bytesPerSecond: 300_000 } });
    writeFileSync(join(disk, 'FILE'), Buffer.alloc(500_000));
    const client = await talk();
    const data = await client.passive();
    const text = readAll(data);
    await client.ask('RETR FILE');
    const closed = server.close({ graceMs: 10_000 });
    expect((await text).length).toBe(500_000);
    data.end();
    expect(await client.answer()).toMatch(/^226 /);
    expect(await client.answer()).toMatch(/^421 /);
    await closed;
  });
});
