import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openDoor } from '../../src/door/door.ts';
import { FtpTalk } from '../support/ftp-talk.ts';

const agent = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 256));
const files = [
  { folder: 'WIN9X', name: 'AGENT.EXE', bytes: agent },
  { folder: 'WIN9X', name: 'FTPD98.EXE', bytes: Buffer.from('MZ') },
  { folder: 'MSDOS', name: 'AGENT.EXE', bytes: Buffer.from('MZ dos') },
];

async function openTestDoor() {
  const door = await openDoor({
    host: '127.0.0.1',
    ftpPort: 0,
    httpPort: 0,
    everySeconds: 60,
    bytesPerSecond: 0,
    files,
  });
  onTestFinished(() => door.close());
  return door.place;
}

/** All that comes back for some words, until the other side closes. */
async function web(port: number, words: string): Promise<{ head: string; body: Buffer }> {
  const socket = connect({ port, host: '127.0.0.1' });
  const pieces: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => pieces.push(bytes));
  socket.on('error', () => {});
  socket.write(words);
  await once(socket, 'close');
  const all = Buffer.concat(pieces);
  const end = all.indexOf('\r\n\r\n');
  return { head: all.toString('latin1', 0, end), body: all.subarray(end + 4) };
}

const get = (path: string): string => `GET ${path} HTTP/1.0\r\n\r\n`;

async function anonymous(port: number): Promise<FtpTalk> {
  const talk = await FtpTalk.loggedIn(port, 'anonymous', 'me@home');
  onTestFinished(() => talk[Symbol.asyncDispose]());
  return talk;
}

test('a browser of 1996 finds its way from the first page to the bytes', async () => {
  const { httpPort, ftpPort } = await openTestDoor();
  const first = await web(httpPort, get('/'));
  expect(first.head).toMatch(/^HTTP\/1\.1 200 /);
  expect(first.body.toString()).toContain('<A HREF="/WIN9X/">Windows 95, 98');
  const folder = await web(httpPort, get('/win9x/'));
  expect(folder.body.toString()).toContain('<A HREF="/WIN9X/AGENT.EXE">');
  expect(folder.body.toString()).toContain(`open 127.0.0.1 ${ftpPort}\r\n`);
  const file = await web(httpPort, get('/WIN9X/AGENT.EXE'));
  expect(file.head).toContain('Content-Type: application/octet-stream');
  expect(file.body.equals(agent)).toBe(true);
});

test.each(['/', '/WIN9X/', '/README.TXT', '/WIN9X/AGENT.EXE', '/NONE'])(
  '%s: has its length, closes, and asks nothing of the browser',
  async (path) => {
    const { httpPort } = await openTestDoor();
    const { head, body } = await web(
      httpPort,
      `GET ${path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n`,
    );
    expect(head).toContain(`Content-Length: ${body.length}`);
    expect(head).toContain('Connection: close');
    expect(head).not.toMatch(/chunked|Content-Encoding|Set-Cookie|Location/i);
    if (path.endsWith('EXE')) return;
    expect(body.toString('latin1')).toMatch(/^[\r\n -~]+$/);
    expect(body.toString('latin1')).not.toMatch(/<script|<style|http-equiv|token/i);
  },
);

test('HEAD has no body; nothing but GET and HEAD is answered; paths lead nowhere else', async () => {
  const { httpPort } = await openTestDoor();
  const head = await web(httpPort, 'HEAD /WIN9X/AGENT.EXE HTTP/1.0\r\n\r\n');
  expect([head.head.includes('Content-Length: 70000'), head.body.length]).toEqual([true, 0]);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
    const answer = await web(httpPort, `${method} / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc`);
    expect(answer.head, method).toMatch(/^HTTP\/1\.1 405 /);
  }
  const paths = [
    '/../package.json',
    '/..\\..\\x',
    '/WIN9X/../MSDOS/AGENT.EXE',
    '/%2e%2e/x',
    '/api/v1/machines',
    '//',
    '*',
  ];
  for (const path of paths) expect((await web(httpPort, get(path))).head, path).toMatch(/^HTTP\/1\.1 404 /);
  expect((await web(httpPort, `GET /${'x'.repeat(20_000)} HTTP/1.0\r\n\r\n`)).head).toMatch(
    /^HTTP\/1\.1 431 /,
  );
});

test('the same files by FTP, for anybody, and nothing can be changed', async () => {
  const { ftpPort, httpPort } = await openTestDoor();
  const talk = await anonymous(ftpPort);
  expect((await talk.get('NLST')).split('\r\n').toSorted()).toEqual(['', 'MSDOS', 'README.TXT', 'WIN9X']);
  expect(await talk.get('RETR win9x/agent.exe')).toBe(agent.toString('latin1'));
  await talk.ask('REST 69990');
  expect(await talk.get('RETR WIN9X/AGENT.EXE')).toBe(agent.subarray(69_990).toString('latin1'));
  expect(await talk.get('RETR README.TXT')).toBe(
    (await web(httpPort, get('/README.TXT'))).body.toString('latin1'),
  );
  for (const line of ['DELE README.TXT', 'MKD NEW', 'RMD WIN9X'])
    expect(await talk.ask(line), line).toMatch(/^550 /);
  for (const name of ['README.TXT', 'NEW.TXT', 'WIN9X/AGENT.EXE']) {
    expect(await talk.put(`STOR ${name}`, 'mine')).toMatch(/^550 /);
    expect(await talk.put(`APPE ${name}`, 'mine')).toMatch(/^550 /);
  }
  await talk.ask('RNFR README.TXT');
  expect(await talk.ask('RNTO OTHER.TXT')).toMatch(/^550 /);
  expect((await talk.get('NLST')).split('\r\n').toSorted()).toEqual(['', 'MSDOS', 'README.TXT', 'WIN9X']);
});

test('README.TXT is for a screen of 80 columns, and names both ways in', async () => {
  const { ftpPort, httpPort } = await openTestDoor();
  const text = await (await anonymous(ftpPort)).get('RETR README.TXT');
  const lines = text.split('\r\n');
  expect(lines.filter((line) => line.length > 79 || line.includes('\n'))).toEqual([]);
  expect(text).toContain(`    open 127.0.0.1 ${ftpPort}\r\n`);
  expect(text).toContain(`http://127.0.0.1:${httpPort}/`);
});

test('a port that is taken is an error, and leaves nothing open', async () => {
  const { ftpPort, httpPort } = await openTestDoor();
  const taken = { host: '127.0.0.1', everySeconds: 60, bytesPerSecond: 0, files };
  await expect(openDoor({ ...taken, ftpPort, httpPort: 0 })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    port: ftpPort,
  });
  await expect(openDoor({ ...taken, ftpPort: 0, httpPort })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    port: httpPort,
  });
});
