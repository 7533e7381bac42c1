import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Why a bench that compares with curl cannot run here, or undefined. */
export function curlMissing(): string | undefined {
  for (const program of ['curl', 'xargs']) {
    if (spawnSync(program, ['--version'], { stdio: 'ignore' }).status !== 0) {
      return `this bench needs ${program}, which is not installed`;
    }
  }
  return undefined;
}

/**
 * One curl per place, `parallel` of them at once, each sending the same files over one connection. Throws when one fails.
 * `places`: user, password and the FTP URL of a folder, with `/` at its end.
 */
export async function sendByCurl(
  files: readonly string[],
  places: readonly { readonly user: string; readonly password: string; readonly url: string }[],
  parallel: number,
): Promise<void> {
  const lines = places.map(({ user, password, url }) => `-u ${user}:${password} ${url}\n`);
  await manyCurls(['-T', `{${files.join(',')}}`], lines, parallel);
}

/** So many curls at once, each fetching one of the URLs and throwing it away. Throws when one fails. */
export async function fetchByCurl(
  login: { readonly user: string; readonly password: string },
  urls: readonly string[],
  parallel: number,
): Promise<void> {
  const account = `${login.user}:${login.password}`;
  await manyCurls(
    ['-u', account, '-o', '/dev/null'],
    urls.map((url) => `${url}\n`),
    parallel,
  );
}

/** A curl for each line, which holds the rest of its arguments. */
async function manyCurls(args: readonly string[], lines: readonly string[], parallel: number): Promise<void> {
  const xargs = spawn('xargs', [`-P${parallel}`, '-L1', 'curl', '-sS', ...args], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  xargs.stdin.end(lines.join(''));
  const [code]: unknown[] = await once(xargs, 'exit');
  if (code !== 0) throw new Error(`xargs with curl ended with ${String(code)}`);
}

/** One curl that sends one file into a folder. Throws when it fails. */
export async function sendOneByCurl(
  file: string,
  { user, password, url }: { readonly user: string; readonly password: string; readonly url: string },
): Promise<void> {
  const curl = spawn('curl', ['-sS', '-u', `${user}:${password}`, '-T', file, url], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code]: unknown[] = await once(curl, 'exit');
  if (code !== 0) throw new Error(`curl ended with ${String(code)}`);
}
