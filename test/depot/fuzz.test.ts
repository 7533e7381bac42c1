import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { FtpTalk } from '../support/ftp-talk.ts';
import { residentKb, serveFolder } from '../support/served-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const LINES = 200_000;
const LINES_A_SESSION = 500;
const SESSIONS_AT_ONCE = 10;
const STORM = 2000;
const MOST_GROWTH_KB = 80 * 1024;
/** Many sessions from one address, and no pauses: the work is to be hard. */
const hard = {
  sessionsPerAddress: 50,
  loginDelayMs: 0,
  commandsPerSecond: 0,
  dataWaitMs: 50,
  badLines: 1_000_000,
};
const user = 'box';
const password = 'shelf98';

const verbs = (
  'USER PASS ACCT SYST FEAT NOOP ABOR SITE HELP STAT TYPE MODE STRU OPTS ALLO REST PASV P@SW EPSV PORT EPRT ' +
  'PWD XPWD CWD XCWD CDUP XCUP MKD XMKD RMD XRMD SIZE MDTM DELE RNFR RNTO LIST NLST RETR STOR APPE STOU MLSD AUTH'
).split(' ');
const words = [
  '/',
  '..',
  '../secret',
  'A',
  'A/B',
  'FILE',
  '*.*',
  '-la',
  '~',
  'CON',
  '|1|127.0.0.1|22|',
  '127,0,0,1,9,9',
  '999999',
  'I',
  'UTF8 ON',
  '',
];
const anyText = fc.string({ unit: 'binary-ascii', maxLength: 30 });
const line = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(...verbs), fc.constantFrom(...words)).map((both) => both.join(' ')),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...verbs), anyText).map((both) => both.join(' ')) },
  { weight: 1, arbitrary: anyText },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  },
);
const end = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r', '\r\0', '');

const handles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** One session's nonsense, in pieces of any length, and an end of any kind. Resolves with the lines that came back. */
async function rave(port: number, lines: readonly string[], seed: number): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' });
  let answers = 0;
  socket.on('error', () => {});
  socket.setEncoding('latin1').on('data', (text: string) => (answers += text.split('\n').length - 1));
  const login = `USER ${user}\r\nPASS ${password}\r\n`;
  const bytes = Buffer.from(login + lines.join(''), 'latin1');
  const piece = 1 + (seed % 97) * 7;
  for (let at = 0; at < bytes.length && !socket.destroyed; at += piece)
    await written(socket, bytes.subarray(at, at + piece));
  if (seed % 3 === 0) socket.resetAndDestroy();
  else socket.end();
  if (!socket.destroyed) await once(socket, 'close');
  return answers;
}

const written = (socket: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    socket.write(bytes, () => resolve());
  });

test(
  `${LINES} lines of nonsense and a storm of connections: no crash, no leak, nothing outside is reached`,
  { timeout: 400_000 },
  async () => {
    const base = mkdtempSync(join(tmpdir(), 'fleet98-fuzz-'));
    const disk = join(base, 'disk');
    mkdirSync(join(disk, 'A', 'B'), { recursive: true });
    writeFileSync(join(base, 'secret'), 'secret');
    onTestFinished(() => rmSync(base, { recursive: true, force: true }));
    await using server = await serveFolder(disk, { user, password }, hard);
    const { port, pid } = server;
    const works = async (): Promise<void> => {
      await using talk = await FtpTalk.loggedIn(port, user, password);
      await talk.ask('CWD /');
      expect(await talk.put('STOR CHECK.TXT', 'all is well')).toMatch(/^226 /);
      expect(await talk.get('RETR CHECK.TXT')).toBe('all is well');
    };

    const lines = fc.sample(
      fc.tuple(line, end).map((both) => both.join('')),
      { numRuns: LINES_A_SESSION * 40, seed: 98 },
    );
    const sessions = LINES / LINES_A_SESSION;
    let warmKb = 0;
    let answers = 0;
    for (let session = 0; session < sessions; session += SESSIONS_AT_ONCE) {
      const some = Array.from({ length: SESSIONS_AT_ONCE }, (_, index) => {
        const at = ((session + index) * 7919) % (lines.length - LINES_A_SESSION);
        return rave(port, lines.slice(at, at + LINES_A_SESSION), session + index);
      });
      for (const told of await Promise.all(some)) answers += told;
      if (session === sessions / 4) warmKb = residentKb(pid);
    }
    await works();
    for (let at = 0; at < STORM; at += 100) {
      const sockets = Array.from({ length: 100 }, () =>
        connect({ port, host: '127.0.0.1' }).on('error', () => {}),
      );
      await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => {})));
      for (const socket of sockets) socket.resetAndDestroy();
    }
    await waitFor('a place for a client', () =>
      works().then(
        () => true,
        () => false,
      ),
    );
    await waitFor('the handles to be given back', () => handles(pid) < 40);
    process.stdout.write(
      `${residentKb(pid) - warmKb} KB more after ${LINES} lines and ${answers} answers, ${handles(pid)} handles\n`,
    );
    expect(residentKb(pid) - warmKb).toBeLessThan(MOST_GROWTH_KB);
    expect(answers).toBeGreaterThan(LINES / 4);
    expect(server.said()).toBe(`${port}\n`);
    expect(readdirSync(base).toSorted()).toEqual(['disk', 'secret']);
    expect(readFileSync(join(base, 'secret'), 'latin1')).toBe('secret');
  },
);
