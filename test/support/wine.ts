import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
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

/** A path of this system as the programs in Wine name it. */
export const winePath = (path: string): string => `Z:${path.replaceAll('/', '\\')}`;

export interface WineOptions {
  readonly stdio?: StdioOptions;
}

/** Starts a program in a Windows. The process is the program itself: its exit code comes back, killing it ends the program. */
export function startInPrefix(
  folder: string,
  exe: string,
  args: readonly string[],
  options: WineOptions = {},
): ChildProcess {
  return spawn(loader, [exe, ...args], {
    env: wineEnvironment(folder),
    // Default: no input, output and errors as pipes.
    stdio: options.stdio ?? ['ignore', 'pipe', 'pipe'],
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

/** Makes a Windows in a folder that is not there yet. Takes ten seconds. */
export async function makePrefix(folder: string): Promise<void> {
  await runToEnd(loader, ['wineboot', '-i'], folder);
  const key = ['HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win98', '/f'];
  await runToEnd(loader, ['reg', 'add', ...key], folder);
  // The registry is on the disk only when the last process has gone.
  await runToEnd(server, ['-w'], folder);
}

/** Another one of it, while nothing runs in it. Programs and libraries stay as they are and can be shared; the registry is written where it lies. */
export async function linkPrefix(from: string, folder: string): Promise<void> {
  await runToEnd('cp', ['-al', from, folder], folder);
  for (const name of ['system.reg', 'user.reg', 'userdef.reg']) {
    rmSync(join(folder, name));
    copyFileSync(join(from, name), join(folder, name));
  }
}

/**
 * Starts a Windows and lets it run until what is returned is called. Its own processes otherwise begin to end two seconds
 * after its last program, and a program that starts just then waits for ever for those that are about to go.
 */
export async function keepAwake(folder: string): Promise<() => Promise<void>> {
  const keeper = spawn(loader, ['cmd', '/c', 'echo up & set /p LINE='], {
    env: wineEnvironment(folder),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(keeper, 'exit');
  await Promise.race([
    once(keeper.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('Wine’s Windows does not start'))),
  ]);
  // The processes of that Windows hold it, too.
  keeper.stdout.destroy();
  return async () => {
    // Nothing in it is wanted any more, and no program that hangs may keep the suite from its end.
    await endOf(server, ['-k'], folder);
    keeper.kill('SIGKILL');
    await ended;
  };
}

async function runToEnd(program: string, args: readonly string[], folder: string): Promise<void> {
  const code = await endOf(program, args, folder);
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${code}`);
}

/** Its exit code; null when it had to be ended after a minute. */
async function endOf(program: string, args: readonly string[], folder: string): Promise<number | null> {
  const limits = { timeout: 60_000, killSignal: 'SIGKILL' } as const;
  const child = spawn(program, args, { env: wineEnvironment(folder), stdio: 'ignore', ...limits });
  await once(child, 'exit');
  return child.exitCode;
}
