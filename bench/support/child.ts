import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program for Node, as a process of its own. It ends when its standard input does, so also when a bench is killed. */
export class Child {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #gone: Promise<unknown>;

  private constructor(process: ChildProcess, pid: number) {
    this.#process = process;
    this.pid = pid;
    this.#gone = once(process, 'exit');
  }

  /** Resolves when `onLine` has said true to a line of its standard output, which is JSON. */
  static async start(
    args: readonly string[],
    options: { readonly env?: Readonly<Record<string, string>>; onLine(line: unknown): boolean },
  ): Promise<Child> {
    const started = spawn(process.execPath, args, {
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const child = new Child(started, started.pid ?? 0);
    await new Promise<void>((resolve, reject) => {
      started.once('exit', () => reject(new Error(`node ${args.join(' ')} ended before it was ready`)));
      createInterface({ input: started.stdout }).on('line', (line) => {
        if (options.onLine(JSON.parse(line))) resolve();
      });
    });
    return child;
  }

  /** Asks it to end and waits until it has. */
  async stop(): Promise<void> {
    this.#process.stdin?.end();
    await this.#gone;
  }
}
