import type { Socket } from 'node:net';
import type { Drop, KnobBoard } from '../knobs.ts';
import type { Pace } from './pace.ts';

/** The network between a PC and one client. */
export interface Link {
  readonly knobs: KnobBoard;
  readonly pace: Pace;
  /** Resets the client's connections. */
  readonly break: () => void;
  /** The data connection of a transfer that begins; undefined when it is gone. */
  readonly data: () => Socket | undefined;
}

/** The way of one transfer's bytes: at the speed of the wire, and no farther than to where the link is to break. */
export class Passage {
  readonly #link: Link;
  readonly #direction: Drop['direction'];
  #passedBytes = 0;

  constructor(link: Link, direction: Drop['direction']) {
    this.#link = link;
    this.#direction = direction;
  }

  get sliceBytes(): number {
    return this.#link.pace.sliceBytes;
  }

  /** Waits until so many bytes may pass, and returns how many do. Fewer: the caller moves these, then breaks the link. */
  async take(bytes: number): Promise<number> {
    const drop = this.#drop();
    const passing = drop === undefined ? bytes : Math.min(bytes, drop.afterBytes - this.#passedBytes);
    await this.#link.pace.take(passing);
    this.#passedBytes += passing;
    return passing;
  }

  breakLink(): void {
    if (this.#drop()?.once === true) this.#link.knobs.set({ drop: undefined });
    this.#link.break();
  }

  #drop(): Drop | undefined {
    const { drop } = this.#link.knobs.now;
    const isDue = drop?.direction === this.#direction && drop.afterBytes >= this.#passedBytes;
    return isDue ? drop : undefined;
  }
}
