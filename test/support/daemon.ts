import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SseParser } from '../../src/cli/sse-parser.ts';
import type { SseEvent } from '../../src/cli/sse-parser.ts';

const sources = ['--import', 'tsx', fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))];

export interface DaemonOptions {
  /** What Node is given to find the command line: a built one starts sooner than the sources. */
  readonly program?: readonly string[];
  /** The file to append the daemon's log, and every answer that it gives, to. */
  readonly record?: string;
  /** For a daemon that asks for one. */
  readonly token?: string;
}

/** The real daemon as a process of its own, on a free loopback port; it ends when the test's process does. */
export class Daemon {
  readonly #child: ChildProcess;
  readonly url: string;
  readonly #options: DaemonOptions;

  private constructor(child: ChildProcess, url: string, options: DaemonOptions) {
    this.#child = child;
    this.url = url;
    this.#options = options;
  }

  static async start(
    dataDir: string,
    env: Record<string, string> = {},
    options: DaemonOptions = {},
  ): Promise<Daemon> {
    const child = spawn(
      process.execPath,
      [...(options.program ?? sources), 'serve', '--json', '--with-parent'],
      {
        env: {
          ...process.env,
          FLEET98_DATA_DIR: dataDir,
          FLEET98_HTTP_PORT: '0',
          FLEET98_LOG_LEVEL: 'error',
          ...env,
        },
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    const { record } = options;
    child.stderr.on('data', (bytes: Buffer) => {
      if (record === undefined) process.stderr.write(bytes);
      else appendFileSync(record, bytes);
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const said: { listening?: string } = JSON.parse(line);
      if (said.listening !== undefined) return new Daemon(child, said.listening, options);
    }
    throw new Error('the daemon ended before it listened');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The signal is sent before this returns; settles when the process is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** The JSON answer of the API; fails on any status of 400 or more. */
  async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const type = body && { 'content-type': 'application/json' };
    const response = await this.#fetch(method, `/api/v1${path}`, type, body && JSON.stringify(body));
    const text = await response.text();
    this.#record(`${method} ${path} ${response.status} ${text}`);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    const answer: T = JSON.parse(text);
    return answer;
  }

  /** The bytes that a path of the daemon answers with. */
  async bytes(path: string): Promise<Buffer> {
    const response = await this.#fetch('GET', path);
    const bytes = Buffer.from(await response.arrayBuffer());
    this.#record(`GET ${path} ${response.status} ${bytes.toString('latin1')}`);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status}`);
    return bytes;
  }

  /** Tells each event of the daemon from the moment of `listening` on, until it dies or `signal` fires; then rejects. */
  async events(signal: AbortSignal, listening: () => void, tell: (event: SseEvent) => void): Promise<void> {
    const response = await this.#fetch('GET', '/api/v1/events', {}, undefined, signal);
    listening();
    const parser = new SseParser();
    for await (const bytes of response.body ?? []) for (const event of parser.push(bytes)) tell(event);
  }

  async upload(name: string, bytes: Uint8Array): Promise<string> {
    const type = { 'content-type': 'application/octet-stream' };
    const response = await this.#fetch('PUT', `/api/v1/artifacts/${name}`, type, bytes);
    const { sha256 }: { sha256: string } = JSON.parse(await response.text());
    return sha256;
  }

  #fetch(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string | Uint8Array,
    signal?: AbortSignal,
  ): Promise<Response> {
    const { token } = this.#options;
    return fetch(`${this.url}${path}`, {
      method,
      headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
    });
  }

  #record(line: string): void {
    if (this.#options.record !== undefined) appendFileSync(this.#options.record, `${line}\n`);
  }
}
