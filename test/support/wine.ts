import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Programs for Windows, built for 64 bits, under Wine that says it is Windows 98. */

const loader = '/usr/lib/wine/wine64';
const server = '/usr/lib/wine/wineserver64';

/** Why Wine cannot be used here, or undefined. In strict mode it must be there. */
export function wineMissing(): string | undefined {
  const missing = existsSync(loader) ? undefined : 'Wine is not installed (apt-get install wine64)';
  if (missing !== undefined && process.env['FLEET98_STRICT'] === '1') throw new Error(missing);
  return missing;
}

let base: Promise<string> | undefined;
const awake = new Map<string, Promise<string>>();

/** The folder of Wine's Windows. Making one takes ten seconds, so all test files and later runs share it. */
export function winePrefix(): Promise<string> {
  return whileAwake('', () => thePrefix());
}

/**
 * A Windows of their own for tests whose programs must not meet those of others: process ids, which Windows gives out again,
 * are only unique within one. Costs little room, most of its files are links to those of the shared one.
 */
export function ownWinePrefix(name: string): Promise<string> {
  return whileAwake(name, async () => findOrMake(`${await thePrefix()}-${name}`, linkPrefix));
}

function thePrefix(): Promise<string> {
  base ??= findOrMake(join(tmpdir(), `fleet98-wine-win98-${process.getuid?.() ?? 0}`), makePrefix);
  return base;
}

function whileAwake(name: string, find: () => Promise<string>): Promise<string> {
  const known = awake.get(name);
  if (known !== undefined) return known;
  const found = find().then((folder) => {
    stayAwake(folder);
    return folder;
  });
  awake.set(name, found);
  return found;
}

/** Wine's own processes end with its last program and take two seconds to come back, so one waits as long as this process. */
function stayAwake(folder: string): void {
  const waiter = spawn(loader, ['cmd', '/c', 'set /p LINE='], {
    env: wineEnvironment(folder),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // It ends when its input does, which is when this process is gone.
  waiter.unref();
  if (waiter.stdin instanceof Socket) waiter.stdin.unref();
}

/** A path of this system as the programs in Wine name it. */
export const winePath = (path: string): string => `Z:${path.replaceAll('/', '\\')}`;

export interface WineOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: no input, output and errors as pipes. */
  readonly stdio?: StdioOptions;
}

/** Starts a program. The process is the program itself: its exit code comes back, and killing it ends the program. */
export async function startInWine(
  exe: string,
  args: readonly string[],
  options: WineOptions = {},
): Promise<ChildProcess> {
  return startInPrefix(await winePrefix(), exe, args, options);
}

/** The same at once, in a prefix that is there. */
export function startInPrefix(
  folder: string,
  exe: string,
  args: readonly string[],
  options: WineOptions = {},
): ChildProcess {
  return spawn(loader, [exe, ...args], {
    env: { ...wineEnvironment(folder), ...options.environment },
    stdio: options.stdio ?? ['ignore', 'pipe', 'pipe'],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
}

/** The same in a terminal: what is written to its input are keys, its output is what the window shows. */
export function startInTerminal(folder: string, exe: string, args: readonly string[]): ChildProcess {
  const command = [loader, exe, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], {
    env: { ...wineEnvironment(folder), SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

function wineEnvironment(folder: string): NodeJS.ProcessEnv {
  // Without a display no window is drawn; the overrides keep the setup from asking for what is not installed.
  const { DISPLAY: _display, ...rest } = process.env;
  return {
    ...rest,
    HOME: folder,
    WINEPREFIX: folder,
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: 'mscoree=;mshtml=;winemenubuilder.exe=d',
  };
}

async function findOrMake(folder: string, make: (draft: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return ours(folder);
  const draft = mkdtempSync(`${folder}-`);
  try {
    await make(draft);
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another test file was faster: a rename never replaces a folder that is not empty.
    if (!existsSync(folder)) throw error;
  }
  return ours(folder);
}

async function makePrefix(draft: string): Promise<void> {
  await runToEnd(loader, ['wineboot', '-i'], draft);
  const key = ['HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win98', '/f'];
  await runToEnd(loader, ['reg', 'add', ...key], draft);
  // The registry is on the disk only when the last process of the prefix has gone.
  await runToEnd(server, ['-w'], draft);
}

/** Programs and libraries stay as they are and can be shared; the registry is written where it lies. */
async function linkPrefix(draft: string): Promise<void> {
  const shared = await thePrefix();
  await runToEnd('cp', ['-al', `${shared}/.`, draft], draft);
  for (const name of ['system.reg', 'user.reg', 'userdef.reg']) {
    rmSync(join(draft, name));
    copyFileSync(join(shared, name), join(draft, name));
  }
}

/** The folder of temporary files belongs to everybody, and what lies in the prefix is run. */
function ours(folder: string): string {
  if (statSync(folder).uid !== process.getuid?.()) throw new Error(`${folder} belongs to somebody else`);
  return folder;
}

async function runToEnd(program: string, args: readonly string[], folder: string): Promise<void> {
  const child = spawn(program, args, { env: wineEnvironment(folder), stdio: 'ignore' });
  await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${child.exitCode}`);
}
