import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { notTested } from '../contract/agent/build-agent.ts';

/** FTP programs of this system, as independent peers of our servers. */

/** Whether one is there; where not, a test in place of the others says so, and fails in strict mode. */
export function haveClient(name: string, server: string): boolean {
  const there = spawnSync('which', [name], { stdio: 'ignore' }).status === 0;
  if (!there) notTested(`${server} with ${name}`, `${name} is not installed`);
  return there;
}

export interface ClientEnded {
  readonly code: number | null;
  /** Output and errors as they came. */
  readonly said: string;
}

/** Runs one to its end. */
export async function runClient(program: string, args: readonly string[], input = ''): Promise<ClientEnded> {
  // It must not find what its user has told it elsewhere.
  const child = spawn(program, args, {
    stdio: 'pipe',
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => (said += bytes.toString('latin1')));
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  await once(child, 'close');
  return { code: child.exitCode, said };
}
