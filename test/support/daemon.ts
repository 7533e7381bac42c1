import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** The real daemon as a process of its own, on a free loopback port. */
export class Daemon {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(dataDir: string, env: Record<string, string> = {}): Promise<Daemon> {
    const child = spawn(process.execPath, ['--import', 'tsx', cli, 'serve', '--json'], {
      env: {
        ...process.env,
        FLEET98_DATA_DIR: dataDir,
        FLEET98_HTTP_PORT: '0',
        FLEET98_LOG_LEVEL: 'error',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const said: { listening?: string } = JSON.parse(line);
      if (said.listening !== undefined) return new Daemon(child, said.listening);
    }
    throw new Error('the daemon ended before it listened');
  }

  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** The JSON answer of the API; fails on any status of 400 or more. */
  async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const answer: T = JSON.parse(await response.text());
    return answer;
  }

  async upload(name: string, bytes: Uint8Array): Promise<string> {
    const response = await fetch(`${this.url}/api/v1/artifacts/${name}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: bytes,
    });
    const { sha256 }: { sha256: string } = JSON.parse(await response.text());
    return sha256;
  }
}
