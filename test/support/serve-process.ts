import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** What it says on standard output when it is ready. */
export interface Ready {
  readonly listening: string;
  readonly door?: {
    readonly addresses: readonly string[];
    readonly ftpPort: number;
    readonly httpPort: number;
  };
}

/** `fleet98 serve` as a process that may fail or be signalled, on a free loopback port. */
export class ServeProcess {
  readonly #child: ChildProcess;
  /** How it ended. */
  readonly exit: Promise<{ code: number | null; signal: string | null }>;
  stderr = '';
  /** Undefined when it ended before. */
  readonly ready: Promise<Ready | undefined>;
  /** Where it listens; undefined when it ended before. */
  readonly listening: Promise<string | undefined>;

  constructor(dataDir: string, env: Record<string, string> = {}, args: readonly string[] = []) {
    const command = ['--import', 'tsx', cli, 'serve', '--json', '--with-parent', ...args];
    this.#child = spawn(process.execPath, command, {
      env: { ...process.env, FLEET98_DATA_DIR: dataDir, FLEET98_HTTP_PORT: '0', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stderr?.on('data', (bytes: Buffer) => (this.stderr += bytes.toString()));
    this.exit = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
    this.ready = this.#readReady();
    this.listening = this.ready.then((ready) => ready?.listening);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async #readReady(): Promise<Ready | undefined> {
    const { stdout } = this.#child;
    if (!stdout) return undefined;
    for await (const line of createInterface({ input: stdout })) {
      const said: Partial<Ready> = JSON.parse(line);
      const { listening } = said;
      if (listening !== undefined) return { ...said, listening };
    }
    return undefined;
  }
}
