import type { Socket } from 'node:net';

/** So much may wait here before the client is held back. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** What a data connection brings, gathered while its reader is busy with what came before. */
export class Inflow {
  readonly #socket: Socket;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #state: 'open' | 'ended' | 'broken' = 'open';
  #wake = (): void => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (piece: Buffer) => this.#gather(piece));
    socket.once('end', () => this.#settle('ended'));
    socket.once('close', () => this.#settle('broken'));
    // What went wrong does not matter: the close comes after it.
    socket.once('error', () => {});
    // What ended or broke before has no events left to give: an empty file may.
    if (socket.readableEnded) this.#state = 'ended';
    else if (socket.destroyed) this.#state = 'broken';
    socket.resume();
  }

  /** All that has come since the last time, at least a byte. `ended`: the client's own end; `broken`: anything else. */
  async next(): Promise<Uint8Array | 'ended' | 'broken'> {
    while (this.#bytes === 0 && this.#state === 'open') {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#bytes === 0 && this.#state !== 'open') return this.#state;
    const [only, ...others] = this.#pieces;
    const gathered = only !== undefined && others.length === 0 ? only : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    this.#socket.resume();
    return gathered;
  }

  #gather(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= MAX_WAITING_BYTES) this.#socket.pause();
    this.#wake();
  }

  #settle(state: 'ended' | 'broken'): void {
    if (this.#state === 'open') this.#state = state;
    this.#wake();
  }
}
