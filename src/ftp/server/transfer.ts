import { StallTimer } from '../client/stall-timer.ts';
import { Pace } from './pace.ts';
import { TransferBroken } from './transfer-broken.ts';
import type { ServerParts } from './parts.ts';

/** What the ring of an old network card holds: more at once would be lost there. */
const BURST_BYTES = 16_384;

/** One transfer under way: what it has moved, and the one signal that ends it before its time. */
export class Transfer {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly #abort = new AbortController();
  readonly #stall: StallTimer;
  readonly #pace: Pace;
  #bytes = 0;

  constructor(name: string, { limits, clock }: ServerParts) {
    this.name = name;
    this.signal = this.#abort.signal;
    this.#pace = new Pace(limits.bytesPerSecond, clock, BURST_BYTES);
    this.#stall = new StallTimer(limits.dataStallMs, () => {
      this.abort(new TransferBroken(426, 'No byte moved for too long.'));
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** From now on bytes have to move. */
  start(): void {
    this.#stall.start();
  }

  /** Counts bytes that moved and, where a rate is set, waits until they may have. */
  async moved(bytes: number): Promise<void> {
    this.#bytes += bytes;
    this.#stall.pause();
    await this.#pace.take(bytes, this.signal);
    this.#stall.start();
  }

  /** Work of this side, a disk's, during which the client is not waited for. */
  async ownWork<T>(work: Promise<T>): Promise<T> {
    this.#stall.pause();
    try {
      return await work;
    } finally {
      this.#stall.start();
    }
  }

  /** The first reason stays. */
  abort(reason: TransferBroken): void {
    if (!this.signal.aborted) this.#abort.abort(reason);
  }

  end(): void {
    this.#stall.stop();
  }
}
