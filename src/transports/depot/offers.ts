import { DomainError } from '../../domain/errors.ts';
import type { Pieces } from '../../lib/pieces.ts';

/** A file that waits until the machine has fetched it whole. */
export interface Offer {
  readonly name: string;
  readonly size: number;
  open(fromByte: number): Pieces;
  readonly onProgress?: ((sentBytes: number) => void) | undefined;
}

interface Waiting extends Offer {
  resolve(): void;
  reject(error: DomainError): void;
}

/** Files for the machine's STAGE. They live as long as somebody waits for their way. */
export class Offers {
  readonly #waiting = new Map<string, Waiting>();

  /** Resolves once the machine has all of it. Rejects when the offer is taken back. */
  make(offer: Offer): Promise<void> {
    this.#waiting.get(offer.name)?.reject(new DomainError('LINK_LOST', 'the file is offered anew'));
    return new Promise((resolve, reject) => {
      this.#waiting.set(offer.name, { ...offer, resolve, reject });
    });
  }

  list(): readonly Offer[] {
    return [...this.#waiting.values()];
  }

  find(name: string): Offer | undefined {
    return this.#waiting.get(name);
  }

  /** The machine has it. */
  settle(offer: Offer): void {
    const waiting = this.#waiting.get(offer.name);
    if (waiting !== offer) return;
    this.#waiting.delete(offer.name);
    waiting.resolve();
  }

  /** Something went wrong on this side while it was sent. */
  fail(offer: Offer, error: DomainError): void {
    const waiting = this.#waiting.get(offer.name);
    if (waiting !== offer) return;
    this.#waiting.delete(offer.name);
    waiting.reject(error);
  }

  /** Takes back what was offered under these names. */
  withdraw(names: Iterable<string>, error: DomainError): void {
    for (const name of names) {
      const waiting = this.#waiting.get(name);
      this.#waiting.delete(name);
      waiting?.reject(error);
    }
  }
}
