import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** `fleet98 serve` as a process that may fail or be signalled, on a free loopback port. */
export class ServeProcess {
  readonly #child: ChildProcess;
  /** How it ended. */
  readonly exit: Promise<{ code: number | null; signal: string | null }>;
  stderr = '';
  /** Where it listens; undefined when it ended before. */
  readonly listening: Promise<string | undefined>;

  constructor(dataDir: string, env: Record<string, string> = {}) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', cli, 'serve', '--json', '--with-parent'], {
      env: { ...process.env, FLEET98_DATA_DIR: dataDir, FLEET98_HTTP_PORT: '0', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stderr?.on('data', (bytes: Buffer) => (this.stderr += bytes.toString()));
    this.exit = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
    this.listening = this.#readUrl();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async #readUrl(): Promise<string | undefined> {
    const { stdout } = this.#child;
    if (!stdout) return undefined;
    for await (const line of createInterface({ input: stdout })) {
      const said: { listening?: string } = JSON.parse(line);
      if (said.listening !== undefined) return said.listening;
    }
    return undefined;
  }
}
