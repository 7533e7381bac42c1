import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/**
 * Listens in on control connections to an FTP server on 127.0.0.1 and times each STOR, from the command to the answer
 * behind its last byte, for whoever sends it. Data connections do not go through it.
 */
export class StorClock {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #longest = 0;

  private constructor(ftpPort: number) {
    this.#server = createServer({ allowHalfOpen: true }, (near) => this.#pass(near, ftpPort));
  }

  static async before(ftpPort: number): Promise<StorClock> {
    const clock = new StorClock(ftpPort);
    await new Promise<void>((resolve) => {
      clock.#server.listen(0, '127.0.0.1', resolve);
    });
    return clock;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the clock does not listen');
    return address.port;
  }

  /** Seconds of the longest STOR since the last call: that of the large file, beside which there are small ones. */
  takeSeconds(): number {
    const seconds = this.#longest;
    this.#longest = 0;
    if (seconds === 0) throw new Error('no STOR was seen');
    return seconds;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #pass(near: Socket, ftpPort: number): void {
    const far = connect({ port: ftpPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    near.setNoDelay(true);
    let begunMs: number | undefined;
    near.on('data', (bytes) => {
      if (bytes.toString('latin1').startsWith('STOR ')) begunMs = performance.now();
    });
    far.on('data', (bytes) => {
      if (begunMs === undefined || !/^226[ -]/m.test(bytes.toString('latin1'))) return;
      this.#longest = Math.max(this.#longest, (performance.now() - begunMs) / 1000);
      begunMs = undefined;
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    }
  }
}
