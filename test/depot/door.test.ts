import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDoor } from '../../src/door/door.ts';
import type { DoorPlace } from '../../src/door/readme.ts';
import { FtpTalk } from '../support/ftp-talk.ts';
import { haveClient, runClient } from '../support/ftp-clients.ts';

/** The door with programs of other people, which do what its own texts say. */

const machine = join(import.meta.dirname, '../../deploy-scripts/machine/win9x');
const names = ['AGENT.EXE', 'FTPD98.EXE'];
const have = (name: string): boolean => haveClient(name, 'the door');

async function openTestDoor(): Promise<DoorPlace> {
  const files = names.map((name) => ({ folder: 'WIN9X', name, bytes: readFileSync(join(machine, name)) }));
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

test.runIf(have('tnftp'))('the lines of README.TXT, typed into an FTP program, fetch the files', async () => {
  const { ftpPort } = await openTestDoor();
  await using talk = await FtpTalk.loggedIn(ftpPort, 'anonymous', '');
  const lines = (await talk.get('RETR README.TXT')).split('\r\n').map((line) => line.trim());
  const typed = lines.slice(lines.indexOf('ftp -n -i') + 1, lines.indexOf('quit') + 1);
  expect(typed.length).toBe(6);
  const here = mkdtempSync(join(tmpdir(), 'fleet98-door-'));
  onTestFinished(() => rmSync(here, { recursive: true, force: true }));
  // Active, as ftp.exe has it.
  const { said } = await runClient('tnftp', ['-n', '-i', '-A'], `lcd ${here}\n${typed.join('\n')}\n`);
  for (const name of names)
    expect(readFileSync(join(here, name)).equals(readFileSync(join(machine, name))), said).toBe(true);
});

test.runIf(have('w3m'))('a browser for text shows the pages', async () => {
  const { httpPort } = await openTestDoor();
  const show = (path: string) =>
    runClient('w3m', ['-dump', '-cols', '80', `http://127.0.0.1:${httpPort}${path}`]);
  expect((await show('/')).said).toMatch(/Which system does this machine have\?\s+\S+ Windows 95, 98/);
  expect((await show('/WIN9X/')).said).toMatch(
    new RegExp(String.raw`AGENT\.EXE\W+${statSync(join(machine, 'AGENT.EXE')).size} bytes`),
  );
});

test.runIf(have('busybox'))('busybox wget fetches a file', async () => {
  const { httpPort } = await openTestDoor();
  const url = `http://127.0.0.1:${httpPort}/WIN9X/AGENT.EXE`;
  const here = mkdtempSync(join(tmpdir(), 'fleet98-door-'));
  onTestFinished(() => rmSync(here, { recursive: true, force: true }));
  expect(await runClient('busybox', ['wget', '-q', '-O', join(here, 'A'), url])).toMatchObject({ code: 0 });
  expect(readFileSync(join(here, 'A')).equals(readFileSync(join(machine, 'AGENT.EXE')))).toBe(true);
});
