import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { plainAddress } from './addresses.ts';
import type { DataWay } from './data-way.ts';
import { TransferBroken } from './transfer-broken.ts';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** A port for one connection of one peer. Anybody else who comes is dropped, and the peer still waited for. */
export class PassiveWay implements DataWay {
  readonly isPassive = true;
  readonly port: number;
  readonly #server: Server;
  readonly #waitMs: number;
  #socket: Socket | undefined;
  #onSocket: (socket: Socket) => void = () => {};

  private constructor(server: Server, options: { port: number; peer: string; waitMs: number }) {
    this.#server = server;
    this.port = options.port;
    this.#waitMs = options.waitMs;
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      if (this.#socket !== undefined || plainAddress(socket.remoteAddress ?? '') !== options.peer) {
        socket.destroy();
        return;
      }
      this.#socket = socket;
      server.close();
      this.#onSocket(socket);
    });
    // Errors of accepting (no file handles left) leave the listener as it is; the wait for the peer has its own end.
    server.on('error', () => {});
  }

  /** Undefined when no port of the range is free. */
  static async listen(options: {
    host: string;
    peer: string;
    ports: PortRange | undefined;
    waitMs: number;
  }): Promise<PassiveWay | undefined> {
    for (const wanted of portsToTry(options.ports)) {
      const server = createServer({
        pauseOnConnect: true,
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
      });
      const port = await listen(server, options.host, wanted);
      if (port !== undefined) return new PassiveWay(server, { port, ...options });
    }
    return undefined;
  }

  open(signal: AbortSignal): Promise<Socket> {
    if (this.#socket !== undefined) return Promise.resolve(this.#socket);
    return new Promise((resolve, reject) => {
      const stop = (error: unknown) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        reject(error);
      };
      const onAbort = () => stop(signal.reason);
      const late = new TransferBroken(425, 'No data connection came.');
      const timer = setTimeout(() => stop(late), this.#waitMs);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      this.#onSocket = (socket) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        resolve(socket);
      };
    });
  }

  close(): void {
    this.#server.close();
    this.#socket?.destroy();
  }
}

/** All of them, from a random one on: the next number must not be known to others of the LAN. */
function* portsToTry(ports: PortRange | undefined): Generator<number> {
  if (ports === undefined) {
    yield 0;
    return;
  }
  const count = ports.last - ports.first + 1;
  const start = Math.floor(Math.random() * count);
  for (let i = 0; i < count; i += 1) yield ports.first + ((start + i) % count);
}

function listen(server: Server, host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({ host, port, backlog: 8, exclusive: true }, () => {
      server.removeAllListeners('error');
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : undefined);
    });
  });
}
