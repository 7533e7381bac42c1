/** Calls back once when something that was started is not paused or started again for so long. */
export class StallTimer {
  readonly #ms: number;
  readonly #onStall: () => void;
  #timer: NodeJS.Timeout | undefined;
  #waiting = false;

  constructor(ms: number, onStall: () => void) {
    this.#ms = ms;
    this.#onStall = onStall;
  }

  start(): void {
    this.#waiting = true;
    // One timer for the whole transfer: thousands of small writes would otherwise make thousands of them.
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#fire(), this.#ms);
    else this.#timer.refresh();
  }

  /** The wait is on our side; it does not count. */
  pause(): void {
    this.#waiting = false;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #fire(): void {
    if (this.#waiting) this.#onStall();
  }
}
