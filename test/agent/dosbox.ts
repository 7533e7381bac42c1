import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { haveProgram } from '../contract/agent/build-agent.ts';
import { SpoolFolder } from '../support/spool-folder.ts';

const project = join(import.meta.dirname, '../..');
/** An emulator that never comes to its end is ended. */
const PATIENCE_MS = 50_000;

/** Why the agent for DOS cannot be built or run here, or undefined. */
export function dosMissing(): string | undefined {
  const missing = ['make', 'bcc', 'ld86', 'size86', 'nasm', 'dosbox'].find((name) => !haveProgram(name));
  return missing === undefined ? undefined : `there is no ${missing}`;
}

/** A folder that lasts as long as the test file. */
function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-dos-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function run(program: string, args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd: project, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

export interface BuiltForDos {
  readonly bytes: Buffer;
  /** What the build says of sizes. */
  readonly said: string;
}

/** Builds AGENT.EXE for DOS. */
export function buildForDos(build = '00c0ffee'): BuiltForDos {
  const out = testFolder();
  const said = run('make', ['--silent', '-f', 'src/agent/make/bcc.mak', `OUT=${out}`, `BUILD=${build}`]);
  return { bytes: readFileSync(join(out, 'AGENT.EXE')), said };
}

/** Compiles a program for DOS with the C library of the compiler's package. */
export function compileForDos(source: string): Buffer {
  const target = join(testFolder(), 'RESULT.COM');
  run('bcc', ['-0', '-Md', '-o', target, source]);
  return readFileSync(target);
}

export interface DosTurn {
  /** The exit code of what was started. */
  readonly code: number;
  /** What it printed. */
  readonly screen: string;
}

/** The codes that a batch file looks for; it can only ask for "at least". */
const codes = [255, 6, 5, 4, 3, 2, 1];

/** A PC with DOS, 640 KB and the spool in C:\FLEET98. It is on only while something is done on it. */
export class DosPc {
  readonly spool = new SpoolFolder();
  readonly #disk = mkdtempSync(join(tmpdir(), 'fleet98-dos-pc-'));

  readonly #settings: readonly string[];

  /** `isFast`: it does not wait for the speed of its time. */
  constructor(agent: Buffer, isFast = false) {
    this.#settings = isFast ? ['-c', 'config -set cpu cycles=max'] : [];
    symlinkSync(this.spool.root, join(this.#disk, 'FLEET98'));
    this.spool.write('AGENT.EXE', agent);
  }

  /** The agent's turn. */
  turn(): Promise<DosTurn> {
    return this.type('AGENT.EXE');
  }

  /** What a person types in the folder of the spool. */
  async type(command: string): Promise<DosTurn> {
    const lines = [
      '@ECHO OFF',
      'CD \\FLEET98',
      `${command} > C:\\SCREEN.TXT`,
      ...codes.map((code) => `IF ERRORLEVEL ${code} GOTO E${code}`),
      'ECHO 0 > C:\\CODE.TXT',
      'GOTO END',
      ...codes.flatMap((code) => [`:E${code}`, `ECHO ${code} > C:\\CODE.TXT`, 'GOTO END']),
      ':END',
    ];
    writeFileSync(join(this.#disk, 'GO.BAT'), `${lines.join('\r\n')}\r\n`);
    rmSync(join(this.#disk, 'CODE.TXT'), { force: true });
    await this.#start();
    const screen = readFileSync(join(this.#disk, 'SCREEN.TXT'), 'latin1').replaceAll('\r', '');
    return { code: Number(readFileSync(join(this.#disk, 'CODE.TXT'), 'latin1')), screen };
  }

  remove(): void {
    this.spool.remove();
    rmSync(this.#disk, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const args = [
      '-noconsole',
      ...this.#settings,
      '-c',
      `mount c ${this.#disk}`,
      '-c',
      'c:',
      '-c',
      'call GO.BAT',
      '-c',
      'exit',
    ];
    const env = { ...process.env, SDL_VIDEODRIVER: 'dummy', SDL_AUDIODRIVER: 'dummy', HOME: this.#disk };
    const emulator = spawn('dosbox', args, {
      env,
      stdio: 'ignore',
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    const [code, signal] = await once(emulator, 'exit');
    if (code !== 0) throw new Error(`DOSBox ended with ${String(code ?? signal)}`);
  }
}
