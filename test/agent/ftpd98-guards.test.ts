import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { FtpTalk } from '../support/ftp-talk.ts';
import {
  buildFtpd98,
  ftpd98Missing,
  gathered,
  startFtpd98,
  startInOwnWindows,
  talkToFtpd98,
} from '../support/wine-ftpd.ts';
import { winePath } from '../support/wine.ts';

describe.skipIf(ftpd98Missing() !== undefined)('FTPD98 guards', () => {
  let exe: string;

  beforeAll(() => {
    exe = buildFtpd98();
  });

  /** Starts it, waits for its end, and tells what it said. */
  async function ends(...args: readonly string[]): Promise<{ code: number | null; said: string }> {
    const child = startInOwnWindows(exe, args);
    const said = gathered(child);
    await once(child, 'close');
    return { code: child.exitCode, said: said() };
  }

  test('its door: nothing without the password', async () => {
    await using server = await startFtpd98(exe);
    const { talk, greeting } = await FtpTalk.open(server.port);
    expect(greeting).toMatch(/^220 FTPD98/);
    for (const line of ['PWD', 'LIST', 'STOR A', 'PASV', 'PORT 127,0,0,1,200,1', 'CWD FLEET98', 'ABOR']) {
      expect(await talk.ask(line)).toBe('530 Log in first.');
    }
    expect(await talk.ask('PASS se3cret-words')).toMatch(/^503 /);
    for (const [user, password] of [
      ['lab', 'wrong'],
      ['other', 'se3cret-words'],
    ]) {
      expect(await talk.ask(`USER ${user}`)).toMatch(/^331 /);
      expect(await talk.ask(`PASS ${password}`)).toBe('530 Wrong user or password.');
    }
    await talk.ask('USER lab');
    expect(await talk.ask('PASS ')).toBe('530 Wrong user or password; that was the last try.');
    expect(await talk.rest()).toBe('');
    await using again = await talkToFtpd98(server.port);
    expect(await again.ask('PWD')).toMatch(/^257 /);
    expect(await again.ask('USER lab')).toMatch(/^331 /);
    expect(await again.ask('PWD')).toBe('530 Log in first.');
  });

  test('a wrong password is answered later than a right one that came after it', async () => {
    await using server = await startFtpd98(exe);
    const { talk: guesser } = await FtpTalk.open(server.port);
    await guesser.ask('USER lab');
    const refused = guesser.ask('PASS guess');
    let isRefused = false;
    void refused.then(() => {
      isRefused = true;
    });
    await using talk = await talkToFtpd98(server.port);
    expect(await talk.ask('PWD')).toMatch(/^257 /);
    expect(isRefused).toBe(false);
    expect(await refused).toMatch(/^530 /);
    await guesser[Symbol.asyncDispose]();
  });

  test('two at once; a third comes later', async () => {
    await using server = await startFtpd98(exe);
    await using one = await talkToFtpd98(server.port);
    await using two = await talkToFtpd98(server.port);
    const { greeting } = await FtpTalk.open(server.port);
    expect(greeting).toBe('421 Too many sessions, try again later.');
    const [first, second] = await Promise.all([
      one.put('STOR /FLEET98/ONE', Buffer.alloc(300_000, 'a')),
      two.put('STOR /FLEET98/TWO', Buffer.alloc(300_000, 'b')),
    ]);
    expect([first, second]).toEqual(['226 The file is stored.', '226 The file is stored.']);
    expect(readFileSync(join(server.spool, 'ONE'), 'latin1')).toBe('a'.repeat(300_000));
    expect(readFileSync(join(server.spool, 'TWO'), 'latin1')).toBe('b'.repeat(300_000));
    await one.ask('QUIT');
    await one.rest();
    await using three = await waitFor('a place', async () => {
      const { talk, greeting: words } = await FtpTalk.open(server.port);
      return words.startsWith('220') && talk;
    });
    expect(await three.ask('NOOP')).toMatch(/^200 /);
  });

  test('one who is silent gives way to a newcomer', async () => {
    await using server = await startFtpd98(exe, { settings: ['ftp_idle_s=20'] });
    await using dead = await talkToFtpd98(server.port);
    await using other = await talkToFtpd98(server.port);
    await waitFor('the newcomer to get in', async () => {
      await other.ask('NOOP');
      const { talk, greeting } = await FtpTalk.open(server.port);
      await talk[Symbol.asyncDispose]();
      return greeting.startsWith('220');
    });
    expect(await dead.rest()).toBe('');
    expect(await other.ask('NOOP')).toMatch(/^200 /);
  });

  test('hangs up on silence, but not while a file moves', async () => {
    await using server = await startFtpd98(exe, { settings: ['ftp_idle_s=1'] });
    await using busy = await talkToFtpd98(server.port);
    const data = await busy.passive();
    await busy.ask('STOR /FLEET98/SLOW');
    await using idle = await talkToFtpd98(server.port);
    let sent = 0;
    await waitFor('the silent one to be cut', () => {
      data.write('x');
      sent += 1;
      return idle.hasEnded;
    });
    expect(await idle.rest()).toBe('421 Nothing was said for too long.\r\n');
    data.end();
    expect(await busy.answer()).toBe('226 The file is stored.');
    expect(await busy.ask('SIZE /FLEET98/SLOW')).toBe(`213 ${sent}`);
    await busy.passive();
    await busy.ask('STOR /FLEET98/STUCK');
    expect(await busy.answer()).toBe('426 No byte moved for too long.');
  });

  test('works for one address only when ftp_peer names it', async () => {
    await using server = await startFtpd98(exe, { settings: ['ftp_peer=127.0.0.2'] });
    const { talk, greeting } = await FtpTalk.open(server.port);
    expect(greeting).toMatch(/^421 .*another address/);
    expect(await talk.rest()).toBe('');
    expect((await FtpTalk.open(server.port, '127.0.0.2')).greeting).toMatch(/^220 /);
  });

  test('a second copy says so and ends', async () => {
    await using server = await startFtpd98(exe);
    const second = await ends(winePath(server.spool).toLowerCase());
    expect(second).toEqual({
      code: 3,
      said: `FTPD98: another copy works in ${winePath(server.spool).toLowerCase()}; this one ends\r\n`,
    });
    await using other = await startFtpd98(exe);
    writeFileSync(join(other.disk, 'AGENT.INI'), `ftp_user=a\nftp_password=b\nftp_port=${server.port}\n`);
    expect(await ends(winePath(other.disk))).toEqual({
      code: 3,
      said: 'FTPD98: the port is taken: another copy or another FTP server runs\r\n',
    });
  });

  test('does not start on settings that it cannot understand', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleet98-ftpd98-'));
    const name = winePath(folder);
    try {
      expect(await ends(name)).toEqual({ code: 1, said: `FTPD98: there is no AGENT.INI in ${name}\r\n` });
      const good = 'ftp_user=a\nftp_password=b\n';
      for (const [key, text] of [
        ['ftp_user', 'name=x\r\n# ftp_user=a\r\nftp_password=b'],
        ['ftp_password', 'ftp_user=a\nftp_password=\n'],
        ['ftp_port', `${good}ftp_port=70000`],
        ['ftp_idle_s', `${good}ftp_idle_s=0`],
        ['ftp_peer', `${good}ftp_peer=192.168.0.300`],
        ['ftp_peer', `${good}ftp_peer=192.168.0.1,192.168.0.2`],
        ['ftp_address', `${good}ftp_address=any`],
        ['ftp_user', `ftp_user=${'u'.repeat(64)}\n`],
      ] as const) {
        writeFileSync(join(folder, 'AGENT.INI'), text);
        expect(await ends(name)).toEqual({
          code: 1,
          said: `FTPD98: AGENT.INI: ${key}= is missing or makes no sense\r\n`,
        });
      }
      writeFileSync(join(folder, 'AGENT.INI'), `${good}ftp_root=Z:\\nowhere`);
      expect((await ends(name)).said).toBe('FTPD98: AGENT.INI: there is no folder ftp_root=Z:\\nowhere\r\n');
      expect((await ends(`${name}\\GONE`)).said).toBe(`FTPD98: there is no folder ${name}\\GONE\r\n`);
      for (const args of [['/what'], ['a', 'b']]) expect((await ends(...args)).code).toBe(2);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('starts with Windows when it is told to, and no longer when it is told so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleet98-ftpd98 '));
    const key = 'HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\RunServices';
    const entry = async () => {
      const child = startInOwnWindows('reg', ['query', key, '/v', 'FTPD98']);
      const said = gathered(child);
      await once(child, 'close');
      return said();
    };
    try {
      expect(await ends('/install', winePath(folder))).toEqual({
        code: 0,
        said: `FTPD98: starts with Windows from now on, for ${winePath(folder)}\r\n`,
      });
      expect(await entry()).toContain(`"${winePath(exe)}" /service "${winePath(folder)}"`);
    } finally {
      const removed = { code: 0, said: 'FTPD98: it no longer starts with Windows\r\n' };
      expect(await ends('/REMOVE')).toEqual(removed);
      expect(await ends('/remove')).toEqual(removed);
      rmSync(folder, { recursive: true, force: true });
    }
    expect(await entry()).not.toContain('/service');
  });
});
