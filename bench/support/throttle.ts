import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Sent on at once: small enough for an even flow, large enough for timers of a millisecond. */
const PIECE_BYTES = 8_192;

/**
 * A slow wire in front of an FTP server on 127.0.0.1: what is uploaded passes at so many bytes a second. Passive data
 * connections go through it too, because it puts ports of its own into the answers.
 */
export class Throttle {
  readonly #bytesPerSecond: number;
  readonly #servers = new Set<Server>();
  readonly #sockets = new Set<Socket>();

  private constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  static async before(
    ftpPort: number,
    bytesPerSecond: number,
  ): Promise<{ readonly port: number; readonly throttle: Throttle }> {
    const throttle = new Throttle(bytesPerSecond);
    const port = await throttle.#listen((near) => throttle.#control(near, ftpPort));
    return { port, throttle };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
  }

  #control(near: Socket, ftpPort: number): void {
    const far = this.#connect(near, ftpPort);
    near.pipe(far);
    let rest = '';
    // One answer after the other: a listener of ours has to be there before its answer goes out.
    let answered: Promise<void> = Promise.resolve();
    far.setEncoding('latin1').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        answered = answered.then(async () => {
          near.write(`${await this.#translate(line)}\n`, 'latin1');
        });
      }
    });
  }

  /** An answer to PASV or EPSV with a port of ours, any other as it is. */
  async #translate(line: string): Promise<string> {
    const passive = /^227 .*?(\d+),(\d+)\)/.exec(line);
    const extended = /^229 .*\|\|\|(\d+)\|/.exec(line);
    if (!passive && !extended) return line;
    const port = passive ? Number(passive[1]) * 256 + Number(passive[2]) : Number(extended?.[1]);
    const own = await this.#listen((near, server) => {
      server.close();
      void this.#data(near, this.#connect(near, port));
    });
    return passive
      ? `227 Entering Passive Mode (127,0,0,1,${own >> 8},${own & 255})\r`
      : `229 Entering Extended Passive Mode (|||${own}|)\r`;
  }

  async #data(near: Socket, far: Socket): Promise<void> {
    far.pipe(near);
    let dueMs = performance.now();
    for await (const chunk of near) {
      const bytes: Buffer = Buffer.from(chunk);
      for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
        const piece = bytes.subarray(from, from + PIECE_BYTES);
        dueMs = Math.max(dueMs, performance.now() - 50) + (piece.length / this.#bytesPerSecond) * 1000;
        const pauseMs = dueMs - performance.now();
        if (pauseMs > 1) await delay(pauseMs);
        far.write(piece);
      }
    }
    far.end();
  }

  #connect(near: Socket, port: number): Socket {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => near.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    }
    return far;
  }

  async #listen(take: (near: Socket, server: Server) => void): Promise<number> {
    const server = createServer({ allowHalfOpen: true, highWaterMark: PIECE_BYTES }, (near) =>
      take(near, server),
    );
    this.#servers.add(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return portOf(server.address());
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the throttle does not listen');
  return address.port;
}
