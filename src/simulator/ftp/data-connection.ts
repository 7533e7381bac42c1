import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The promise of ftp-srv's own library, which its transfer commands count on. */
export interface LibraryPromise<T> extends Promise<T> {
  timeout(ms: number): LibraryPromise<T>;
}

export type AsLibraryPromise = <T>(promise: Promise<T>) => LibraryPromise<T>;

const waitMs = 30_000;

/**
 * The data connection of one session, in place of ftp-srv's own: it listens on a port that the system picks, so that
 * many PCs in one process never collide; it drops strangers without hurting the session; and it stays its session's
 * until it is ended.
 */
export class DataConnection {
  readonly #asLibraryPromise: AsLibraryPromise;
  #listener: Server | undefined;
  #socket: Socket | undefined;
  #arrival: Promise<Socket> | undefined;
  #giveUp: (why: Error) => void = () => {};

  constructor(asLibraryPromise: AsLibraryPromise) {
    this.#asLibraryPromise = asLibraryPromise;
  }

  /** The connection to the client, once it is there. Read by ftp-srv. */
  get socket(): Socket | undefined {
    return this.#socket;
  }

  /** Listens for `peer` and returns the port. */
  async listen(peer: string | undefined): Promise<number> {
    this.end();
    const listener = createServer({ pauseOnConnect: true });
    this.#listener = listener;
    this.#arrival = new Promise((resolve, reject) => {
      this.#giveUp = reject;
      listener.on('connection', (socket) => {
        socket.on('error', () => {});
        if (this.#listener !== listener || this.#socket !== undefined || socket.remoteAddress !== peer) {
          socket.destroy();
          return;
        }
        this.#socket = socket;
        resolve(socket);
      });
    });
    this.#arrival.catch(() => {});
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(0, '127.0.0.1', resolve);
    });
    return portOf(listener);
  }

  /** Called by ftp-srv before a transfer. */
  waitForConnection(): LibraryPromise<Socket> {
    const arrival = this.#arrival ?? Promise.reject(new Error('Use PASV first'));
    return this.#asLibraryPromise(arrival).timeout(waitMs);
  }

  /** Called by ftp-srv after a transfer: what was written still goes out. */
  end(): void {
    this.#socket?.destroySoon();
    this.#forget();
  }

  /** Drops everything at once; a transfer in progress fails, so that its file is closed. */
  destroy(): void {
    this.#socket?.destroy(new Error('session ended'));
    this.#forget();
  }

  /** Cuts it off as a power cut does. */
  reset(): void {
    this.#socket?.resetAndDestroy();
    this.#forget();
  }

  #forget(): void {
    this.#giveUp(new Error('no data connection'));
    this.#listener?.close();
    this.#listener = undefined;
    this.#socket = undefined;
    this.#arrival = undefined;
  }
}

export function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}
