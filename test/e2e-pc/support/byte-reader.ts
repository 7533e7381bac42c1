import type { Socket } from 'node:net';

/** Takes bytes from a socket in the lengths that a protocol is made of. */
export class ByteReader {
  #pieces: Buffer[] = [];
  #length = 0;
  #isOver = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece);
      this.#length += piece.length;
      this.#wake();
    });
    socket.once('close', () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** Exactly so many bytes; undefined when the other side ends before. */
  async take(length: number): Promise<Buffer | undefined> {
    while (this.#length < length && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#length < length) return undefined;
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [all.subarray(length)];
    this.#length = all.length - length;
    return all.subarray(0, length);
  }
}
