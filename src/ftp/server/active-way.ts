import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Endpoint } from './addresses.ts';
import type { DataWay } from './data-way.ts';
import { TransferBroken } from './transfer-broken.ts';

/** A connection to a port of the client, from the address that it knows us by. */
export class ActiveWay implements DataWay {
  readonly isPassive = false;
  readonly #target: Endpoint;
  readonly #from: string;
  readonly #waitMs: number;

  constructor(target: Endpoint, options: { from: string; waitMs: number }) {
    this.#target = target;
    this.#from = options.from;
    this.#waitMs = options.waitMs;
  }

  open(signal: AbortSignal): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: this.#target.address,
        port: this.#target.port,
        localAddress: this.#from,
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
      });
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const stop = (error: unknown) => {
        settle();
        socket.destroy();
        reject(error);
      };
      const onAbort = () => stop(signal.reason);
      const nobody = (why: string) => stop(new TransferBroken(425, `No data connection: ${why}.`));
      const timer = setTimeout(() => nobody('your port does not answer'), this.#waitMs);
      // Stays for the socket's life: a later failure is seen where the socket is used.
      socket.on('error', () => nobody('your port is closed'));
      socket.once('connect', () => {
        settle();
        resolve(socket);
      });
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
  }

  /** Nothing is open before the transfer. */
  close(): void {}
}
