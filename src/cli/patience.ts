import { UnreachableError } from './failures.ts';

const PATIENCE_MS = 30_000;

/** How long a daemon that was there may be away: long enough to start anew. */
export class Patience {
  readonly #url: string;
  #heardAtMs = performance.now();

  constructor(url: string) {
    this.#url = url;
  }

  /** The daemon has just been heard of. */
  heard(): void {
    this.#heardAtMs = performance.now();
  }

  /** Throws unless the error says no more than that the daemon is away, and that not for too long. */
  bear(error: unknown): void {
    // fetch tells a connection that breaks in the middle by a TypeError.
    if (!(error instanceof UnreachableError) && !(error instanceof TypeError)) throw error;
    if (performance.now() - this.#heardAtMs <= PATIENCE_MS) return;
    throw new UnreachableError(
      `the daemon at ${this.#url} went away\nWhat it had begun goes on when it is back.`,
      {
        cause: error,
      },
    );
  }
}
