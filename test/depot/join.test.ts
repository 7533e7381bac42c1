import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { describe, expect, onTestFinished, test } from 'vitest';
import { haveClient, runClient } from '../support/ftp-clients.ts';
import { FtpTalk } from '../support/ftp-talk.ts';
import { codeIn, serveLan } from '../support/lan-desk.ts';
import { waitFor } from '../support/wait-for.ts';

/** From a machine that nobody knows to its first tokens, by what the door prints and what people type. */

const agentPath = fileURLToPath(
  new URL('../../deploy-scripts/machine/linux-x86_64/AGENT.EXE', import.meta.url),
);
function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-join-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** A process and its children, ended with the test. */
function started(child: ChildProcess): ChildProcess {
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
  });
  return child;
}

describe('joining by what the door says', () => {
  test('a Unix types two lines, shows its code, is approved, and tells its story', async () => {
    const { httpPort, desk } = await serveLan(join(ownFolder(), 'data'));
    const home = ownFolder();
    const readme = await (await fetch(`http://127.0.0.1:${httpPort}/README.TXT`)).text();
    const line =
      readme
        .split('\r\n')
        .find((one) => one.includes('JOIN.SH'))
        ?.trim() ?? '';
    const [tool = '', url = ''] = line.replace('LINUX-I386', 'LINUX-X86_64').split(' ');
    expect(tool).toBe('wget');
    writeFileSync(join(home, 'JOIN.SH'), await (await fetch(url)).text());
    const child = started(
      spawn('sh', ['JOIN.SH'], { cwd: home, env: { PATH: process.env['PATH'], HOME: home }, detached: true }),
    );
    let screen = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes) => (screen += String(bytes)));
    const code = await waitFor('the code on the screen', () => codeIn(screen), 30_000);
    expect(await desk('machine', 'waiting')).toContain(code);
    expect(await desk('machine', 'approve', 'shed', '--code', code)).toMatch(/state +ready/);
    const story = await desk('run', 'starter', 'shed', '-i', 'Once upon a time', '-t', '0');
    expect(story).toMatch(/Once upon a time, there was a little robot/);
    expect(story).toMatch(/tok\/s/);
  });

  test('a kit for a Unix without an agent is set up, joins under its name, and runs a bundle', async () => {
    const { ftpPort, desk } = await serveLan(join(ownFolder(), 'data'));
    const home = ownFolder();
    const kit = join(home, 'kit.zip');
    const door = ['--host', '127.0.0.1', '--port', String(ftpPort), '--every', '1'];
    await desk('kit', 'unix', 'OLD-SUN', '--pull', '--zip', kit, ...door);
    for (const [name, bytes] of Object.entries(unzipSync(readFileSync(kit)))) {
      writeFileSync(join(home, name), bytes);
    }
    const env = { PATH: process.env['PATH'], HOME: home };
    const child = started(spawn('sh', ['SETUP.SH'], { cwd: home, env, detached: true }));
    let screen = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes) => (screen += String(bytes)));
    const code = await waitFor('the code on the screen', () => codeIn(screen), 30_000);
    expect(await desk('machine', 'waiting')).toMatch(/OLD-SUN/);
    expect(await desk('machine', 'approve', 'sun', '--code', code)).toMatch(/agent +spool\.sh/);
    writeFileSync(join(home, 'SAY.SH'), 'echo "it says $1"\n');
    const said = `SAY.SH=${join(home, 'SAY.SH')}`;
    const command = ['--program', 'sh', '--arg', 'SAY.SH', '--arg', 'hello'];
    await desk('bundle', 'create', 'words', '--file', said, ...command);
    expect(await desk('run', 'words', 'sun', '--deploy')).toContain('it says hello');
    await desk('machine', 'rename', 'sun', 'sparc');
    expect(await desk('machine', 'list')).toMatch(/sparc +ready/);
  });

  test.runIf(haveClient('tnftp', 'joining'))(
    'a Windows types the lines of README.TXT into its FTP program, and JOIN (done by hand here)',
    async () => {
      const { ftpPort, desk } = await serveLan(join(ownFolder(), 'data'));
      const folder = join(ownFolder(), 'FLEET98');
      mkdirSync(folder);
      await using talk = await FtpTalk.loggedIn(ftpPort, 'anonymous', '');
      const lines = (await talk.get('RETR README.TXT')).split('\r\n').map((line) => line.trim());
      const typed = lines.slice(lines.indexOf('ftp -n -i') + 1, lines.indexOf('quit') + 1);
      expect(lines[lines.indexOf('quit') + 1]).toBe('JOIN');
      const ftp = (script: string) =>
        runClient('sh', ['-c', 'cd "$1" && exec tnftp -A -n -i', 'sh', folder], script);
      await ftp(`${typed.join('\n')}\n`);
      for (const name of ['AGENT.EXE', 'JOIN.BAT', 'JOIN.FTP', 'PULL.BAT', 'DROP.BAT']) {
        expect(existsSync(join(folder, name)), name).toBe(true);
      }
      // From here on JOIN.BAT, line by line, with this system's agent.
      copyFileSync(agentPath, join(folder, 'AGENT.EXE'));
      for (const name of ['IN', 'RUN', 'OUT', 'STAGE']) mkdirSync(join(folder, name), { recursive: true });
      started(spawn(agentPath, [folder], { stdio: 'ignore', detached: true }));
      await waitFor('the agent', () => existsSync(join(folder, 'AGENT.NFO')));
      const read = (name: string): string => readFileSync(join(folder, name), 'latin1').replaceAll('\r', '');
      await ftp(read('JOIN.FTP'));
      const code = codeIn(read('CODE.TXT')) ?? '';
      expect(read('GO.BAT')).toContain('FTP -n -i -s:GO.FTP');
      const stop = new AbortController();
      const visits = (async () => {
        while (!stop.signal.aborted) await ftp(read('GO.FTP'));
      })();
      try {
        expect(await desk('machine', 'approve', 'attic', '--code', code)).toMatch(/state +ready/);
        expect(existsSync(join(folder, 'MACHINE.ID'))).toBe(true);
        const story = await desk('run', 'starter', 'attic', '-i', 'Once upon a time', '-t', '0');
        expect(story).toMatch(/Once upon a time, there was a little robot/);
      } finally {
        stop.abort();
        await visits;
      }
    },
  );
});
