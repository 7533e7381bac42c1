import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits } from '../../src/ftp/server/limits.ts';
import { waitFor } from './wait-for.ts';

export interface ServedFolder extends AsyncDisposable {
  readonly port: number;
  /** Of the process that serves. */
  readonly pid: number;
  /** Its port in a line, and after it only failures. */
  said(): string;
}

/** Starts the depot's server over a folder, in a process of its own. */
export async function serveFolder(
  folder: string,
  login: { readonly user: string; readonly password: string },
  limits: Partial<Limits>,
): Promise<ServedFolder> {
  const script = join(import.meta.dirname, 'serve-folder.ts');
  const args = ['--import', 'tsx', script, folder, login.user, login.password, JSON.stringify(limits)];
  const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  server.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const port = Number(await waitFor('the port of the depot', () => /^(\d+)\n/.exec(said)?.[1]));
  return {
    port,
    pid: server.pid ?? 0,
    said: () => said,
    async [Symbol.asyncDispose]() {
      server.stdin.end();
      if (server.exitCode === null) await once(server, 'exit');
    },
  };
}

/** What a process holds in memory. Linux. */
export const residentKb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
