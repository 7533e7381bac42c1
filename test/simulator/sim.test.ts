import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parseInventory } from '../../src/cli/inventory-file.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { Wire } from './ftp/wire.ts';
import { eventually, isRunning, putBundle, putJob, temporaryFolder, wholeText } from './support.ts';

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** `fleet98 sim` as a process of its own. */
class Sim {
  readonly exited: Promise<unknown[]>;
  readonly lines: AsyncIterator<string>;
  readonly #child;
  errors = '';

  constructor(args: readonly string[], temporary = temporaryFolder()) {
    const env = { ...process.env, TMPDIR: temporary };
    this.#child = spawn(process.execPath, ['--import', 'tsx', cli, 'sim', ...args], { env });
    this.#child.stderr.on('data', (bytes: Buffer) => (this.errors += bytes.toString()));
    this.exited = once(this.#child, 'close');
    this.lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  async line(): Promise<Record<string, unknown>> {
    const { value }: { value?: string } = await this.lines.next();
    if (value === undefined) throw new Error(`no more lines; on standard error: ${this.errors}`);
    return JSON.parse(value);
  }

  /** What it says of each PC until it is ready. */
  async ready(): Promise<readonly Record<string, unknown>[]> {
    const pcs = [];
    for (let line = await this.line(); !('ready' in line); line = await this.line()) pcs.push(line);
    return pcs;
  }

  order(text: string): Promise<Record<string, unknown>> {
    this.#child.stdin.write(`${text}\n`);
    return this.line();
  }

  kill(signal: NodeJS.Signals): Promise<unknown[]> {
    this.#child.kill(signal);
    return this.exited;
  }

  closeInput(): Promise<unknown[]> {
    this.#child.stdin.end();
    return this.exited;
  }
}

const leftIn = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => name.startsWith('fleet98'));

test('starts PCs of all profiles in turn, says where they are, and ends with all their programs on SIGTERM', async () => {
  const disks = temporaryFolder();
  const inventory = join(temporaryFolder(), 'pcs.csv');
  const sim = new Sim(
    `--count 4 --disks ${disks} --agent ts --poll-ms 20 --with-parent --inventory ${inventory}`.split(' '),
  );
  const pcs = await sim.ready();
  expect(new Set(pcs.map(({ name }) => name)).size).toBe(4);
  expect(new Set(pcs.map(({ port }) => port)).size).toBe(4);
  expect(pcs[3]).toEqual({
    name: 'dx4-win95-2',
    profile: 'dx4-win95',
    host: '127.0.0.1',
    port: expect.any(Number),
    user: 'fleet',
    password: 'win95',
    spool: '/FLEET98',
    diskFolder: join(disks, 'dx4-win95-2'),
    agent: 'ts',
  });
  const { name, host, port, user, password, spool: spoolPath } = pcs[3] ?? {};
  expect(parseInventory(readFileSync(inventory, 'utf8'), 'csv')[3]?.machine).toEqual({
    name,
    host,
    port,
    user,
    password,
    spool: spoolPath,
    labels: { profile: 'dx4-win95', simulated: 'yes' },
  });
  expect(statSync(inventory).mode & 0o077).toBe(0);

  const spool = join(disks, 'dx4-win95-2', 'FLEET98');
  putBundle(spool, '0123ABCD', {});
  putJob(spool, '00000001', 'run', ['dir=B/0123ABCD', 'prog=sleep', 'arg=600']);
  const pid = await eventually(() => {
    const found = wholeText(join(spool, 'AGENT.NFO'))?.find((line) => line.startsWith('child_pid='));
    return found === undefined ? undefined : Number(found.slice('child_pid='.length));
  }, 'the program’s pid');
  expect(await sim.kill('SIGTERM')).toEqual([0, null]);
  expect(isRunning(pid)).toBe(false);
  expect(wholeText(join(spool, 'OUT', '00000001.END'))).toContain('reason=killed');
});

test('takes orders line by line, and ends when its parent is gone, with nothing left', async () => {
  const temporary = temporaryFolder();
  const sim = new Sim(
    [
      '--profile',
      'pi-linux',
      '--count',
      '2',
      '--agent',
      'ts',
      '--control',
      '--with-parent',
      '--knob',
      'delay=1',
    ],
    temporary,
  );
  const [pc, second] = await sim.ready();
  expect(second).toMatchObject({ name: 'pi-linux-2' });
  const login = () => Wire.login(Number(pc?.['port']), 'pi', 'raspberry');
  expect(await sim.order('pi-linux refuse=NOOP:502 Not here')).toMatchObject({ done: true });
  const wire = await login();
  expect(await wire.send('NOOP')).toBe('502 Not here\r\n');
  expect(await sim.order('all power off')).toEqual({ order: 'all power off', done: true });
  expect(await wire.closed).toBe('ECONNRESET');
  expect(await sim.order('pi-linux agent start')).toMatchObject({ error: 'pi-linux is switched off' });
  expect(await sim.order('all power on')).toMatchObject({ done: true });
  const again = await login();
  expect(await again.send('SIZE /FLEET98/AGENT.NFO')).toMatch(/^213 /);
  again.close();
  expect(await sim.order('nobody power on')).toMatchObject({ error: expect.stringContaining('or all') });
  expect(await sim.order('all colour=beige')).toMatchObject({ error: expect.stringContaining('knobs are') });
  expect(await sim.closeInput()).toEqual([0, null]);
  expect(leftIn(temporary)).toEqual([]);
});

test.each([
  [['--agent', 'basic'], 2, '--agent'],
  [['--count', 'many'], 2, '--count'],
  [['--count', '1001'], 1, 'from 1 to 1000'],
  [['--profile', 'amiga'], 1, 'no profile "amiga"'],
  [['--knob', 'delay=long'], 1, '"delay=long": the value must be'],
  [['--count', '3', '--base-port', '65534'], 1, 'too few ports'],
])('says what is wrong with %j', async (args, code, words) => {
  const temporary = temporaryFolder();
  vi.stubEnv('TMPDIR', temporary);
  onTestFinished(() => void vi.unstubAllEnvs());
  const said: string[] = [];
  const output = { write: (text: string | Uint8Array) => said.push(String(text)) };
  const io = { stdout: output, stderr: output, stdin: Readable.from([]), env: {} };
  expect(await runCli(['sim', ...args], io)).toBe(code);
  expect(said.join('')).toContain(words);
  expect(leftIn(temporary)).toEqual([]);
});
