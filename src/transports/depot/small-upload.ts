import type { Upload } from '../../ftp/server/view.ts';
import { ViewRefusal } from '../../ftp/server/view.ts';

/** Papers and orders of the spool end here. */
const MAX_BYTES = 16_384;

/** A small file that is kept in memory until it is whole. */
export class SmallUpload implements Upload {
  readonly #pieces: Uint8Array[] = [];
  readonly #take: (bytes: Uint8Array) => Promise<void>;
  #bytes = 0;

  constructor(take: (bytes: Uint8Array) => Promise<void>) {
    this.#take = take;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_BYTES) throw new ViewRefusal('quota');
    this.#pieces.push(Uint8Array.from(bytes));
  }

  async sync(): Promise<void> {}

  publish(): Promise<void> {
    return this.#take(Buffer.concat(this.#pieces));
  }

  async keep(): Promise<void> {}
}
