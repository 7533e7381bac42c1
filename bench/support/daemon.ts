import { fileURLToPath } from 'node:url';
import { SseParser } from '../../src/cli/sse-parser.ts';
import { Child } from './child.ts';

/** The built command line: what a user starts. */
export const builtCli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The built daemon on a free port of the loopback. */
export class Daemon {
  readonly pid: number;
  readonly #child: Child;
  readonly #url: string;

  private constructor(child: Child, url: string) {
    this.#child = child;
    this.#url = url;
    this.pid = child.pid;
  }

  static async start(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<Daemon> {
    let url = '';
    // For a profile of the daemon: NODE_ARGS="--cpu-prof --cpu-prof-dir=/tmp/prof".
    const nodeArgs = process.env['NODE_ARGS']?.split(' ') ?? [];
    const child = await Child.start([...nodeArgs, builtCli, 'serve', '--json', '--with-parent'], {
      env: { FLEET98_DATA_DIR: dataDir, FLEET98_HTTP_PORT: '0', FLEET98_LOG_LEVEL: 'error', ...env },
      onLine: (line) => {
        url = textAt(line, 'listening') ?? '';
        return url !== '';
      },
    });
    return new Daemon(child, url);
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }

  /** The JSON answer of the API; any status of 400 or more is an error. */
  async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    const answer: T = JSON.parse(text);
    return answer;
  }

  /** The bytes of an answer. */
  async read(path: string): Promise<Uint8Array> {
    const response = await fetch(`${this.#url}/api/v1${path}`);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Tells the events of one name as they come, until `signal` fires; resolves when it listens. */
  async listen(name: string, tell: (data: unknown) => void, signal: AbortSignal): Promise<void> {
    const response = await fetch(`${this.#url}/api/v1/events`, { signal });
    const follow = async (): Promise<void> => {
      const parser = new SseParser();
      for await (const bytes of response.body ?? []) {
        for (const event of parser.push(bytes)) if (event.event === name) tell(JSON.parse(event.data));
      }
    };
    follow().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  /** Uploads files and makes a bundle of them; answers its `name@version`. */
  async addBundle(
    name: string,
    files: Readonly<Record<string, Uint8Array>>,
    rest: object = {},
  ): Promise<string> {
    const listed = [];
    for (const [file, bytes] of Object.entries(files)) {
      const { sha256 } = await this.#upload(file, bytes);
      listed.push({ name: file, sha256 });
    }
    const made = await this.ask<{ name: string; version: number }>('POST', '/bundles', {
      name,
      files: listed,
      ...rest,
    });
    return `${made.name}@${made.version}`;
  }

  async #upload(name: string, bytes: Uint8Array): Promise<{ sha256: string }> {
    const response = await fetch(`${this.#url}/api/v1/artifacts/${name}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(bytes),
    });
    const answer: { sha256: string } = JSON.parse(await response.text());
    return answer;
  }
}

function textAt(line: unknown, key: string): string | undefined {
  if (typeof line !== 'object' || line === null) return undefined;
  const value: unknown = Reflect.get(line, key);
  return typeof value === 'string' ? value : undefined;
}
