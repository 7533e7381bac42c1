import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { Wire } from './ftp/wire.ts';
import { eventually, isRunning, putBundle, putJob, temporaryFolder, wholeText } from './support.ts';

const main = fileURLToPath(new URL('../../src/simulator/main.ts', import.meta.url));

function startMain(args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const exited = once(child, 'exit');
  return { child, exited };
}

test('starts PCs of all profiles in turn, says where they are, and ends with all their programs on SIGTERM', async () => {
  const disks = temporaryFolder();
  const { child, exited } = startMain(['--count', '4', '--disks', disks, '--agent', 'ts', '--poll-ms', '20']);
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.includes('ready')) break;
  }
  const pcs = lines.slice(0, -1).map((line): Record<string, unknown> => JSON.parse(line));
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ ready: true });
  expect(new Set(pcs.map(({ name }) => name)).size).toBe(4);
  expect(new Set(pcs.map(({ port }) => port)).size).toBe(4);
  expect(pcs[3]).toEqual({
    name: 'dx4-win95-2',
    host: '127.0.0.1',
    port: expect.any(Number),
    user: 'fleet',
    password: 'win95',
    spool: '/FLEET98',
    diskFolder: join(disks, 'dx4-win95-2'),
    agent: 'ts',
  });
  const wire = await Wire.login(Number(pcs[3]?.port), 'fleet', 'win95');
  expect(await wire.send('SIZE /fleet98/agent.nfo')).toMatch(/^213 \d+/);
  wire.close();

  const spool = join(disks, 'dx4-win95-2', 'FLEET98');
  putBundle(spool, '0123ABCD', {});
  putJob(spool, '00000001', 'run', ['dir=B/0123ABCD', 'prog=sleep', 'arg=600']);
  const pid = await eventually(() => {
    const found = wholeText(join(spool, 'AGENT.NFO'))?.find((line) => line.startsWith('child_pid='));
    return found === undefined ? undefined : Number(found.slice('child_pid='.length));
  }, 'the program’s pid');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(isRunning(pid)).toBe(false);
  expect(wholeText(join(spool, 'OUT', '00000001.END'))).toContain('reason=killed');
});

test('ends when its parent is gone', async () => {
  const { child, exited } = startMain([
    '--profile',
    'pi-linux',
    '--disks',
    temporaryFolder(),
    '--agent',
    'ts',
    '--with-parent',
  ]);
  for await (const line of createInterface({ input: child.stdout })) if (line.includes('ready')) break;
  child.stdin.end();
  expect(await exited).toEqual([0, null]);
});

test.each([
  [['--count', '1'], '--disks'],
  [['--disks', 'x', '--agent', 'basic'], '--agent'],
  [['--disks', 'x', '--count', 'many'], '--count'],
  [['--disks', 'x', '--profile', 'amiga'], 'no profile "amiga"'],
])('says what is wrong with %j', async (args, words) => {
  const { child, exited } = startMain(args);
  let text = '';
  child.stderr.on('data', (bytes: Buffer) => (text += bytes.toString()));
  expect(await exited).toEqual([1, null]);
  expect(text).toContain(words);
});
