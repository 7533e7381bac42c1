import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { FtpTalk } from '../support/ftp-talk.ts';
import { buildFtpd98, ftpd98Missing, startFtpd98, talkToFtpd98 } from '../support/wine-ftpd.ts';
import type { Ftpd98 } from '../support/wine-ftpd.ts';

/** Names that mean something else to Windows than they say, or lead out of the root. */
const hostileNames = [
  [
    '..',
    '../..',
    '/..',
    '\\..',
    '../CANARY.TXT',
    '..\\CANARY.TXT',
    '/../CANARY.TXT',
    'FLEET98/../../CANARY.TXT',
  ],
  [
    'FLEET98\\..\\..\\CANARY.TXT',
    './/..//./..',
    '...',
    '....',
    '.../CANARY.TXT',
    '.. ',
    '..  /CANARY.TXT',
    '..\\ .',
  ],
  [
    'C:',
    'C:\\',
    'c:/',
    'Z:\\tmp',
    'z:',
    'FLEET98/Z:',
    'A:CANARY.TXT',
    '\\\\server\\share',
    '//./Z:/tmp',
    '\\\\?\\Z:',
  ],
  [
    'CON',
    'con',
    'CON\\CON',
    'AUX.TXT',
    'NUL',
    'nul.tar.gz',
    'PRN ',
    'CON .TXT',
    'COM1',
    'com9.x',
    'LPT1',
    'LPT\xb2',
  ],
  [
    'CLOCK$',
    'CONIN$',
    'CONOUT$',
    'FLEET98/NUL/X',
    'X.TXT:stream',
    'X::$DATA',
    'A*B',
    'A?B',
    '*',
    '?',
    '"',
    '<',
    '|',
  ],
  [
    'A\x01B',
    'TAB\t',
    'X.',
    'X ',
    ' ',
    '.',
    '/',
    '\\',
    '',
    '-',
    '-la ..',
    '-a -b -c',
    '~',
    '%2e%2e',
    '\xff\xfe',
    '\x7f',
  ],
  ['x'.repeat(255), 'x/'.repeat(120), `${'../'.repeat(150)}CANARY.TXT`, 'x'.repeat(259)],
].flat();

const verbs = (
  'USER PASS ACCT NOOP SYST FEAT HELP TYPE MODE STRU ALLO PWD XPWD CWD XCWD CDUP XCUP MKD XMKD RMD XRMD DELE SIZE ' +
  'RNFR RNTO PASV PORT REST RETR STOR APPE LIST NLST ABOR SITE EPSV MLSD OPTS STAT \xff\xf4 A'
).split(' ');

/** The same numbers at each run, so that what fails can be tried again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const pick = <T>(items: readonly T[], random: (below: number) => number): T => {
  const item = items[random(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

function mutate(line: string, random: (below: number) => number): string {
  const at = random(line.length + 1);
  const byte = String.fromCharCode(random(256));
  const kinds = [
    () => line,
    () => line.slice(0, at) + byte + line.slice(at),
    () => line.slice(0, at) + line.slice(at + 1),
    () => line.slice(0, at) + byte + line.slice(at + 1),
    () => line.slice(at) + line.slice(0, at),
    () => line + line,
    () => line.slice(0, at) + '\xff'.repeat(random(4)) + line.slice(at),
    () => line.slice(0, at) + byte.repeat(random(1500)) + line.slice(at),
    () => `${line} ${pick(hostileNames, random)}`,
  ];
  return pick(kinds, random)();
}

interface Canary {
  readonly files: Readonly<Record<string, string>>;
  check(): void;
}

/** Files outside the root, beside it and above it. */
function plantCanary(server: Ftpd98): Canary {
  const files = { 'CANARY.TXT': 'above', 'disk/CANARY.TXT': 'beside', 'disk/OTHER/CANARY.TXT': 'deep' };
  mkdirSync(join(server.disk, 'OTHER'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(server.base, name), text);
  const check = (): void => {
    for (const [name, text] of Object.entries(files)) {
      expect(readFileSync(join(server.base, name), 'utf8')).toBe(text);
    }
    expect(readdirSync(server.base).toSorted()).toEqual(['CANARY.TXT', 'disk']);
    expect(readdirSync(server.disk).toSorted()).toEqual(['CANARY.TXT', 'FLEET98', 'OTHER']);
    expect(readdirSync(join(server.disk, 'OTHER'))).toEqual(['CANARY.TXT']);
    expect(existsSync(join(server.spool, 'AGENT.INI')) && statSync(server.spool).isDirectory()).toBe(true);
  };
  return { files, check };
}

/** What the server says must never name the host's folders or what is outside. */
function isDiscreet(text: string, server: Ftpd98): void {
  expect(text).not.toContain(server.base);
  expect(text).not.toContain(server.base.replaceAll('/', '\\'));
  expect(text).not.toMatch(/above|beside|deep/);
}

describe.skipIf(ftpd98Missing() !== undefined)('FTPD98 is not misled', () => {
  test(
    'by names: nothing outside the root is read, made, changed or told',
    { timeout: 240_000 },
    async () => {
      await using server = await startFtpd98(buildFtpd98());
      const canary = plantCanary(server);
      await using talk = await talkToFtpd98(server.port);
      for (const name of hostileNames) {
        for (const folder of ['/', '/FLEET98']) {
          for (const verb of ['CWD', 'MKD', 'SIZE', 'DELE', 'RMD', 'RNFR']) {
            await talk.ask(`CWD ${folder}`);
            isDiscreet(await talk.ask(`${verb} ${name}`), server);
          }
        }
        await talk.ask('RNFR AGENT.INI');
        const renamed = await talk.ask(`RNTO ${name}`);
        if (renamed.startsWith('250')) {
          await talk.ask(`RNFR ${name}`);
          expect(await talk.ask('RNTO /FLEET98/AGENT.INI')).toMatch(/^250 /);
        }
        for (const verb of ['RETR', 'LIST']) isDiscreet(await talk.get(`${verb} ${name}`), server);
        isDiscreet(await talk.put(`APPE ${name}`, ''), server);
      }
      canary.check();
    },
  );

  test('by a thousand mangled lines in any pieces', { timeout: 240_000 }, async () => {
    const settings = ['ftp_idle_s=60'];
    await using server = await startFtpd98(buildFtpd98(), { settings });
    const canary = plantCanary(server);
    const random = randomFrom(98);
    const open = () =>
      waitFor('a session', async () => {
        const { talk, greeting } = await FtpTalk.open(server.port);
        if (!greeting.startsWith('220')) return undefined;
        await talk.ask('USER lab');
        await talk.ask('PASS se3cret-words');
        return talk;
      });
    let talk = await open();
    for (let i = 0; i < 1000; i += 1) {
      if (talk.hasEnded || i % 50 === 49) {
        await talk[Symbol.asyncDispose]();
        talk = await open();
      }
      // PORT and PASV have a share of their own, or transfers would only ever be refused.
      if (random(5) === 0) await talk.passive().catch(() => {});
      const line = mutate(`${pick(verbs, random)} ${pick(hostileNames, random)}`, random);
      const cut = random(line.length + 1);
      talk.send(line.slice(0, cut));
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      talk.send(`${line.slice(cut)}${pick(['\r\n', '\n', '\r', '\r\0', '\r\r\n'], random)}ABOR\r\n`);
    }
    await talk[Symbol.asyncDispose]();
    expect(server.process.exitCode).toBe(null);
    await using last = await open();
    expect(await last.ask('PWD')).toBe('257 "/" is the folder.');
    canary.check();
  });
});
