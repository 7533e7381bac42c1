import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { notTested } from '../contract/agent/build-agent.ts';
import { waitFor } from '../support/wait-for.ts';
import { FtpTalk, activeListener, readAll } from '../support/ftp-talk.ts';
import { buildFtpd98, ftpd98Missing, startFtpd98, talkToFtpd98 } from '../support/wine-ftpd.ts';
import type { Ftpd98, Ftpd98Options } from '../support/wine-ftpd.ts';

describe.skipIf(ftpd98Missing() !== undefined)('FTPD98', () => {
  let exe: string;

  beforeAll(() => {
    exe = buildFtpd98();
  });

  async function withServer(
    options: Ftpd98Options,
    body: (server: Ftpd98, talk: FtpTalk) => Promise<void>,
  ): Promise<void> {
    await using server = await startFtpd98(exe, options);
    await using talk = await talkToFtpd98(server.port);
    await body(server, talk);
  }

  test('says what it is and can', async () => {
    await withServer({}, async (server, talk) => {
      expect(server.said()).toMatch(/^FTPD98 \d+\.\d+\.\d+: \S* 127\.0\.0\.1 port \d+, sessions: 0 of 2\r\n/);
      expect(await talk.ask('SYST')).toBe('215 UNIX Type: L8');
      expect(await talk.ask('FEAT')).toBe(
        '211-Beyond the first standard:\n REST STREAM\n SIZE\n211 That is all.',
      );
      expect(await talk.ask('help')).toMatch(/^214 USER PASS .*ABOR$/);
      for (const line of ['TYPE I', 'TYPE A', 'type a n', 'TYPE L 8', 'MODE S', 'STRU F', 'NOOP']) {
        expect(await talk.ask(line)).toMatch(/^200 /);
      }
      expect(await talk.ask('ALLO 5')).toMatch(/^202 /);
      for (const line of ['TYPE E', 'MODE Z', 'STRU R']) expect(await talk.ask(line)).toMatch(/^504 /);
      for (const line of ['SITE QUIT', 'EPSV', 'X', 'NOOPE', 'MLSD'])
        expect(await talk.ask(line)).toMatch(/^502 /);
      for (const line of ['STOR', 'CWD ', 'DELE']) expect(await talk.ask(line)).toMatch(/^501 /);
      expect(await talk.ask('QUIT')).toBe('221 Goodbye.');
      expect(await talk.rest()).toBe('');
      await waitFor('the session to be gone', () => /1 of 2\r\n.*0 of 2\r\n$/.test(server.said()));
    });
  });

  test('shows only the folder of AGENT.INI unless ftp_root says more', async () => {
    await withServer({}, async (server, talk) => {
      writeFileSync(join(server.disk, 'CANARY.TXT'), 'canary');
      mkdirSync(join(server.disk, 'OTHER'));
      expect(await talk.get('NLST')).toBe('FLEET98\r\n');
      expect(await talk.ask('CWD OTHER')).toMatch(/^550 /);
      expect(await talk.ask('SIZE CANARY.TXT')).toMatch(/^550 /);
      expect(await talk.ask('MKD NEW')).toMatch(/^550 /);
      expect(await talk.put('STOR NEW.TXT', 'x')).toMatch(/^550 /);
      expect(await talk.ask('CWD fleet98')).toMatch(/^250 /);
      expect(await talk.ask('RNFR /FLEET98')).toMatch(/^550 /);
      expect(await talk.ask('RMD /FLEET98')).toMatch(/^550 /);
      expect(await talk.ask('RNFR AGENT.INI')).toMatch(/^350 /);
      expect(await talk.ask('RNTO /OUT.INI')).toMatch(/^550 /);
      expect(readdirSync(server.disk).toSorted()).toEqual(['CANARY.TXT', 'FLEET98', 'OTHER']);
    });
    await withServer({ wholeDisk: true }, async (server, talk) => {
      writeFileSync(join(server.disk, 'CANARY.TXT'), 'canary');
      expect(await talk.ask('SIZE CANARY.TXT')).toBe('213 6');
      expect(await talk.ask('MKD NEW')).toBe('257 "/NEW" is made.');
      expect(await talk.ask('RMD NEW')).toMatch(/^250 /);
      expect(await talk.ask('RMD /')).toMatch(/^550 /);
    });
  });

  test('keeps files as they are and never replaces one by a rename', async () => {
    await withServer({}, async (server, talk) => {
      const text = 'a\r\nb\nc\rd\x1a\0\xff\xff';
      await talk.ask('CWD FLEET98');
      await talk.ask('TYPE A');
      expect(await talk.put('STOR TEXT.BIN', Buffer.from(text, 'latin1'))).toMatch(/^226 /);
      expect(readFileSync(join(server.spool, 'TEXT.BIN'), 'latin1')).toBe(text);
      expect(await talk.get('RETR text.bin')).toBe(text);
      expect(await talk.ask('SIZE TEXT.BIN')).toBe(`213 ${text.length}`);
      expect(await talk.put('STOR OTHER.BIN', 'other')).toMatch(/^226 /);
      expect(await talk.ask('RNFR TEXT.BIN')).toMatch(/^350 /);
      expect(await talk.ask('RNTO OTHER.BIN')).toBe('553 That name exists already.');
      expect(readFileSync(join(server.spool, 'OTHER.BIN'), 'latin1')).toBe('other');
      expect(await talk.ask('RNTO NEW.BIN')).toMatch(/^503 /);
      await talk.ask('RNFR TEXT.BIN');
      await talk.ask('NOOP');
      expect(await talk.ask('RNTO NEW.BIN')).toMatch(/^503 /);
      await talk.ask('RNFR TEXT.BIN');
      expect(await talk.ask('RNTO NEW.BIN')).toBe('250 Renamed.');
      expect(await talk.ask('DELE NEW.BIN')).toBe('250 Deleted.');
      expect(await talk.ask('DELE NEW.BIN')).toBe('550 No such file or folder.');
      expect(readdirSync(server.spool).toSorted()).toEqual(['AGENT.INI', 'OTHER.BIN']);
    });
  });

  test('makes, enters and removes folders', async () => {
    await withServer({}, async (_server, talk) => {
      expect(await talk.ask('PWD')).toBe('257 "/" is the folder.');
      expect(await talk.ask('CDUP')).toMatch(/^250 /);
      await talk.ask('CWD /FLEET98/');
      expect(await talk.ask('XMKD STAGE')).toBe('257 "/FLEET98/STAGE" is made.');
      expect(await talk.ask('MKD STAGE')).toBe('553 That name exists already.');
      expect(await talk.ask('CWD ./STAGE\\..\\stage')).toMatch(/^250 /);
      expect(await talk.ask('XPWD')).toBe('257 "/FLEET98/stage" is the folder.');
      await talk.put('STOR F', 'f');
      expect(await talk.ask('RMD /FLEET98/STAGE')).toBe('550 The folder is not empty.');
      expect(await talk.ask('CWD F')).toMatch(/^550 /);
      expect(await talk.ask('SIZE /FLEET98/STAGE')).toBe('550 Not a plain file.');
      expect(await talk.get('RETR /FLEET98/STAGE')).toBe('550 Not a plain file.');
      await talk.ask('DELE F');
      await talk.ask('XCUP');
      expect(await talk.ask('XRMD STAGE')).toMatch(/^250 /);
    });
  });

  test('lists as clients expect it', async () => {
    await withServer({}, async (server, talk) => {
      await talk.ask('CWD FLEET98');
      mkdirSync(join(server.spool, 'EMPTY'));
      writeFileSync(join(server.spool, 'RUN.EXE'), 'MZ');
      const line = /^-rwxrwxrwx   1 ftp      ftp              2 [A-Z][a-z]{2} [ \d]\d \d\d:\d\d RUN\.EXE\r$/m;
      for (const command of ['LIST', 'LIST -al', 'LIST /FLEET98', 'LIST -a *.EXE', 'list run.exe']) {
        expect(await talk.get(command)).toMatch(line);
      }
      expect(await talk.get('LIST')).toMatch(/^drwxrwxrwx .* EMPTY\r$/m);
      expect((await talk.get('NLST')).split('\r\n').toSorted()).toEqual([
        '',
        'AGENT.INI',
        'EMPTY',
        'RUN.EXE',
      ]);
      expect(await talk.get('NLST *.exe')).toBe('RUN.EXE\r\n');
      expect(await talk.get('NLST E*')).toBe('');
      expect(await talk.get('NLST /FLEET98/*.EXE')).toBe('/FLEET98/RUN.EXE\r\n');
      expect(await talk.get('NLST EMPTY')).toBe('');
      expect(await talk.get('NLST *.X')).toBe('550 No such file or folder.');
      expect(await talk.get('LIST GONE')).toBe('550 No such file or folder.');
    });
  });

  test('goes on where a transfer broke off, and only for the next transfer', async () => {
    await withServer({}, async (server, talk) => {
      await talk.ask('CWD FLEET98');
      await talk.put('STOR A', 'abcdef');
      const from = async (offset: number, command: string) => {
        expect(await talk.ask(`REST ${offset}`)).toMatch(/^350 /);
        return talk.get(command);
      };
      expect(await from(4, 'RETR A')).toBe('ef');
      expect(await from(6, 'RETR A')).toBe('');
      expect(await from(7, 'RETR A')).toMatch(/^554 /);
      expect(await from(3, 'RETR GONE')).toMatch(/^550 /);
      expect(await talk.get('RETR A')).toBe('abcdef');
      await talk.ask('REST 3');
      expect(await talk.put('STOR A', 'XY')).toMatch(/^226 /);
      expect(readFileSync(join(server.spool, 'A'), 'utf8')).toBe('abcXY');
      expect(await talk.put('APPE A', 'Z')).toMatch(/^226 /);
      expect(await talk.put('APPE B', 'new')).toMatch(/^226 /);
      expect(readFileSync(join(server.spool, 'A'), 'utf8')).toBe('abcXYZ');
      expect(readFileSync(join(server.spool, 'B'), 'utf8')).toBe('new');
      await talk.ask('REST 9');
      expect(await talk.put('STOR A', 'hole')).toMatch(/^554 /);
      expect(readFileSync(join(server.spool, 'A'), 'utf8')).toBe('abcXYZ');
      for (const line of ['REST -1', 'REST 4294967296', 'REST 1x'])
        expect(await talk.ask(line)).toMatch(/^501 /);
    });
  });

  test('an older file stays until the new one begins to come', async () => {
    await withServer({}, async (server, talk) => {
      const file = join(server.spool, 'A');
      writeFileSync(file, 'older');
      await talk.ask('CWD FLEET98');
      expect(await talk.ask('STOR A')).toMatch(/^425 /);
      const listener = await activeListener();
      listener.close();
      await talk.ask(`PORT ${listener.port}`);
      expect(await talk.ask('STOR A')).toMatch(/^150 /);
      expect(await talk.answer()).toMatch(/^425 /);
      expect(readFileSync(file, 'utf8')).toBe('older');
      expect(await talk.put('STOR A', 'new')).toMatch(/^226 /);
      expect(readFileSync(file, 'utf8')).toBe('new');
    });
  });

  test('keeps what came when the connection breaks', async () => {
    await withServer({}, async (server, talk) => {
      await talk.ask('CWD FLEET98');
      const data = await talk.passive();
      await talk.ask('STOR PART.TMP');
      data.write('half');
      const file = join(server.spool, 'PART.TMP');
      await waitFor(
        'the half to be written',
        () => existsSync(file) && readFileSync(file, 'utf8') === 'half',
      );
      data.resetAndDestroy();
      // Windows tells a reset as an error, Wine as the end of the data.
      expect(await talk.answer()).toMatch(/^(426|226) /);
      expect(readFileSync(file, 'utf8')).toBe('half');
    });
  });

  test('a file that is being written can be read, but nobody else may write or remove it', async () => {
    await withServer({}, async (server, talk) => {
      writeFileSync(join(server.spool, 'OTHER'), 'other');
      await using writer = await talkToFtpd98(server.port);
      const data = await writer.passive();
      await writer.ask('STOR /FLEET98/LOG');
      data.write('so far');
      await talk.ask('CWD FLEET98');
      await waitFor('the first bytes', async () => (await talk.ask('SIZE LOG')) === '213 6');
      expect(await talk.get('RETR LOG')).toBe('so far');
      const busy = '450 The file is in use by another program.';
      expect(await talk.put('STOR LOG', 'x')).toBe(busy);
      expect(await talk.put('APPE LOG', 'x')).toBe(busy);
      expect(await talk.ask('DELE LOG')).toBe(busy);
      await talk.ask('RNFR LOG');
      expect(await talk.ask('RNTO NEW')).toBe(busy);
      data.end(', all');
      expect(await writer.answer()).toMatch(/^226 /);
      expect(await talk.get('RETR LOG')).toBe('so far, all');
    });
  });

  test('active mode goes to the client itself and to no port of a service', async () => {
    await withServer({}, async (server, talk) => {
      writeFileSync(join(server.spool, 'A'), 'abc');
      for (const target of ['127,0,0,2,200,1', '10,1,2,3,200,1', '127,0,0,1,0,25', '127,0,0,1,3,255']) {
        expect(await talk.ask(`PORT ${target}`)).toMatch(/^504 /);
      }
      for (const target of ['1', '127,0,0,1,200', '127,0,0,1,256,1', '127,0,0,1,200,1,', '127,0,0,1,-1,1']) {
        expect(await talk.ask(`PORT ${target}`)).toMatch(/^501 /);
      }
      const listener = await activeListener();
      expect(await talk.ask(`PORT ${listener.port}`)).toMatch(/^200 /);
      expect(await talk.ask('RETR /FLEET98/A')).toMatch(/^150 /);
      expect(await readAll(await listener.socket)).toBe('abc');
      expect(await talk.answer()).toMatch(/^226 /);
      listener.close();
    });
  });

  test('a stranger on the passive port is sent away and changes nothing', async () => {
    await withServer({}, async (server, talk) => {
      writeFileSync(join(server.spool, 'A'), 'abc');
      const reply = await talk.ask('PASV');
      // A small client reads six numbers from the first digit on.
      expect(reply).toMatch(/^227 [^\d]*127,0,0,1,\d+,\d+\)\.$/);
      const [high = 0, low = 0] = /(\d+),(\d+)\)/.exec(reply)?.slice(1).map(Number) ?? [];
      const { connect } = await import('node:net');
      const open = (from: string) =>
        connect({ port: high * 256 + low, host: '127.0.0.1', localAddress: from });
      const stranger = open('127.0.0.2').on('error', () => {});
      expect(await readAll(stranger)).toBe('');
      const data = open('127.0.0.1');
      expect(await talk.ask('RETR /FLEET98/A')).toMatch(/^150 /);
      expect(await readAll(data)).toBe('abc');
      expect(await talk.answer()).toMatch(/^226 /);
    });
  });

  test('gives up a transfer for ABOR, as telnet says it', async () => {
    await withServer({}, async (_server, talk) => {
      await talk.ask('CWD FLEET98');
      const data = await talk.passive();
      await talk.ask('STOR A');
      // What comes after waits for the end of the transfer.
      talk.send('\xff\xf4\xff\xf2ABOR\r\nNOOP\r\n');
      expect(await talk.answer()).toMatch(/^426 /);
      expect(await talk.answer()).toMatch(/^226 /);
      expect(await talk.answer()).toMatch(/^200 /);
      expect(await readAll(data)).toBe('');
      expect(await talk.ask('ABOR')).toMatch(/^226 /);
    });
  });

  test('obeys one line after the other, however they are cut', async () => {
    await withServer({}, async (server, talk) => {
      writeFileSync(join(server.spool, 'A'), 'abc');
      const data = await talk.passive();
      talk.send('RETR /FLEET98/A\r\nNOOP\nSIZE /FLEET98/A\rSY');
      expect(await readAll(data)).toBe('abc');
      for (const code of ['150', '226', '200', '213']) expect((await talk.answer()).slice(0, 3)).toBe(code);
      talk.send('ST\r');
      expect(await talk.answer()).toMatch(/^215 /);
      talk.send(`\nCWD ${'x'.repeat(5000)}\r\nNOOP\r\n`);
      expect(await talk.answer()).toMatch(/^500 /);
      expect(await talk.answer()).toMatch(/^200 /);
      expect(await talk.ask('CWD \0FLEET98')).toMatch(/^501 /);
      expect(await talk.ask(`MKD /FLEET98/${'y'.repeat(250)}`)).toMatch(/^55\d /);
      talk.send('NOOP\r\n'.repeat(500));
      for (let i = 0; i < 500; i += 1) expect(await talk.answer()).toBe('200 Yes.');
    });
  });
});

const missing = ftpd98Missing();
if (missing !== undefined) notTested('FTPD98', missing);
