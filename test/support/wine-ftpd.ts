import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { FtpTalk } from './ftp-talk.ts';
import { waitFor } from './wait-for.ts';
import { startInPrefix, wineMissing, winePath } from './wine.ts';

/** FTPD98 built for 64 bits and started in Wine. */

const project = join(import.meta.dirname, '../..');
const makefile = 'src/agent/make/ftpd98.mak';
const compiler = 'x86_64-w64-mingw32-gcc';

/** Why FTPD98 cannot be tried here, or undefined. In strict mode everything must be there. */
export function ftpd98Missing(): string | undefined {
  const noCompiler = spawnSync(compiler, ['--version'], { stdio: 'ignore' }).error !== undefined;
  if (!noCompiler) return wineMissing();
  const missing = `${compiler} is not installed (apt-get install gcc-mingw-w64-x86-64)`;
  if (process.env['FLEET98_STRICT'] === '1') throw new Error(missing);
  return missing;
}

/** The program for Wine, built once for all test files and kept as long as its sources are the same. Returns its path. */
export function buildFtpd98(): string {
  const base = join(tmpdir(), `fleet98-ftpd98-wine-${process.getuid?.() ?? 0}`);
  const exe = join(base, sourceHash(), 'FTPD98.EXE');
  if (existsSync(exe) && statSync(base).uid === process.getuid?.()) return exe;
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const draft = mkdtempSync(join(base, 'draft-'));
  try {
    makeFtpd98(draft, forWine);
    for (const older of readdirSync(base)) {
      if (!older.startsWith('draft-')) rmSync(join(base, older), { recursive: true });
    }
    renameSync(draft, dirname(exe));
  } catch (error) {
    // Another test file was faster.
    if (!existsSync(exe)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return exe;
}

/** Builds it from its makefile. */
export function makeFtpd98(folder: string, variables: Readonly<Record<string, string>> = {}): void {
  const settings = Object.entries({ ...variables, OUT: folder }).map(([key, value]) => `${key}=${value}`);
  const built = spawnSync('make', ['--silent', '-j2', '-f', makefile, ...settings], {
    cwd: project,
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`FTPD98 cannot be built:\n${built.stderr}`);
}

function sourceHash(): string {
  const folder = join(project, 'src/agent/ftpd98');
  const files = readdirSync(folder).toSorted();
  const hash = createHash('sha256');
  for (const file of [...files.map((name) => join(folder, name)), join(project, makefile)]) {
    hash.update(file).update('\0').update(readFileSync(file));
  }
  return hash
    .update(readFileSync(join(project, 'src/agent/version.h')))
    .digest('hex')
    .slice(0, 16);
}

const forWine = { TARGET: 'x86_64-w64-mingw32', MACHINE: '', ENTRY: 'entry' };

export const ftpd98User = 'lab';
export const ftpd98Password = 'se3cret-words';

export interface Ftpd98 extends AsyncDisposable {
  readonly port: number;
  /** A folder around everything; what is in it and not below `disk` must never be reached. */
  readonly base: string;
  /** The root of the tree when `ftp_root` says so. */
  readonly disk: string;
  /** The folder with AGENT.INI: `/FLEET98` to clients. */
  readonly spool: string;
  readonly process: ChildProcess;
  /** What its window says. */
  said(): string;
}

export interface Ftpd98Options {
  /** More lines of AGENT.INI. */
  readonly settings?: readonly string[];
  /** `disk` is the root, not only the folder with AGENT.INI. */
  readonly wholeDisk?: boolean;
}

/** Starts it with a folder of its own on a free port of 127.0.0.1. */
export async function startFtpd98(exe: string, options: Ftpd98Options = {}): Promise<Ftpd98> {
  const base = mkdtempSync(join(tmpdir(), 'fleet98-ftpd98-'));
  const disk = join(base, 'disk');
  const spool = join(disk, 'FLEET98');
  mkdirSync(spool, { recursive: true });
  const lines = [
    `ftp_user=${ftpd98User}`,
    `ftp_password=${ftpd98Password}`,
    'ftp_address=127.0.0.1',
    'ftp_port=0',
    ...(options.wholeDisk === true ? [`ftp_root=${winePath(disk)}`] : []),
    ...(options.settings ?? []),
  ];
  writeFileSync(join(spool, 'AGENT.INI'), lines.map((line) => `${line}\r\n`).join(''));
  const child = startInOwnWindows(exe, [winePath(spool)]);
  const output = gathered(child);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(base, { recursive: true, force: true });
  };
  try {
    const port = await waitFor('FTPD98 to listen', () => {
      if (child.exitCode !== null) throw new Error(`FTPD98 ended with ${child.exitCode}: ${output()}`);
      return Number(/port (\d+), sessions/.exec(output())?.[1]) || undefined;
    });
    return { port, base, disk, spool, process: child, said: output, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a program in the Windows of FTPD98's tests. */
export function startInOwnWindows(exe: string, args: readonly string[]): ChildProcess {
  return startInPrefix(inject('ftpdPrefix'), exe, args);
}

/** A client of it that is logged in. */
export const talkToFtpd98 = (port: number): Promise<FtpTalk> =>
  FtpTalk.loggedIn(port, ftpd98User, ftpd98Password);

/** Everything that a process prints, as far as it has come. */
export function gathered(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
    });
  }
  return () => text;
}
