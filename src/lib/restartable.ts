interface Closable {
  close(): Promise<void>;
}

/** Something that is open, and can be closed and opened anew in its own place. */
export class Restartable<Thing extends Closable> {
  readonly #open: () => Promise<Thing>;
  #thing: Thing;
  #restarting = Promise.resolve();
  #isClosed = false;

  private constructor(open: () => Promise<Thing>, thing: Thing) {
    this.#open = open;
    this.#thing = thing;
  }

  static async open<Thing extends Closable>(open: () => Promise<Thing>): Promise<Restartable<Thing>> {
    return new Restartable(open, await open());
  }

  /** What is open now; another one after each restart. */
  get current(): Thing {
    return this.#thing;
  }

  /** Resolves when the new one is open, or when it need not be because of `close`. What fails leaves nothing open. */
  restart(): Promise<void> {
    this.#restarting = this.#restarting.then(async () => {
      if (this.#isClosed) return;
      await this.#thing.close();
      // While it was closing, somebody may have asked for the end.
      if (!this.#isClosed) this.#thing = await this.#open();
    });
    return this.#restarting;
  }

  /** Waits for a restart under way. Nothing is opened any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#restarting.catch(() => undefined);
    await this.#thing.close();
  }
}
