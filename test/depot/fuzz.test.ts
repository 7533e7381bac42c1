import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { nonsense, rave } from '../support/ftp-nonsense.ts';
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

const line = nonsense([]);
const handles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

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

    const lines = fc.sample(line, { numRuns: LINES_A_SESSION * 40, seed: 98 });
    const sessions = LINES / LINES_A_SESSION;
    let warmKb = 0;
    let answers = 0;
    for (let session = 0; session < sessions; session += SESSIONS_AT_ONCE) {
      const some = Array.from({ length: SESSIONS_AT_ONCE }, (_, index) => {
        const at = ((session + index) * 7919) % (lines.length - LINES_A_SESSION);
        return rave(port, { user, password }, lines.slice(at, at + LINES_A_SESSION), session + index);
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
