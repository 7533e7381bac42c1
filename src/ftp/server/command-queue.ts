import { parseCommandLine } from './command-line.ts';
import type { CommandLine } from './command-line.ts';
import type { Line } from './line-reader.ts';

export type Queued = CommandLine | 'too-long' | 'no-command';

/** Commands in the order they came, one at a time for one reader. */
export class CommandQueue {
  #items: Queued[] = [];
  #isEnded = false;
  #wake: () => void = () => {};

  get length(): number {
    return this.#items.length;
  }

  get first(): Queued | undefined {
    return this.#items[0];
  }

  push(lines: readonly Line[]): void {
    if (this.#isEnded) return;
    for (const line of lines) {
      this.#items.push(line === 'too-long' ? line : (parseCommandLine(line) ?? 'no-command'));
    }
    this.#wake();
  }

  has(verb: string): boolean {
    return this.#items.some((item) => typeof item === 'object' && item.verb === verb);
  }

  take(): Queued | undefined {
    return this.#items.shift();
  }

  /** Nothing more comes; what waits is still given out. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /** Nothing is given out any more. */
  clear(): void {
    this.#items = [];
    this.end();
  }

  /** The next command as soon as there is one; undefined at the end. */
  async next(): Promise<Queued | undefined> {
    while (this.#items.length === 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.take();
  }
}
