import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { DomainError } from '../../domain/errors.ts';
import type { ControlChannel } from './control-channel.ts';
import { parseEpsvPort, parsePasvPort } from './passive-replies.ts';

/**
 * A way for one transfer. `socket` is a promise because a server that connects to us (active mode) does so only after
 * RETR or STOR; whoever makes the promise also limits its time.
 */
export interface DataConnection {
  readonly socket: Promise<Socket>;
  close(): void;
}

/** The connection, or in a few words why this way is closed. */
type Attempt = DataConnection | string;

interface DataStrategy {
  readonly name: string;
  open(control: ControlChannel, connectMs: number): Promise<Attempt>;
}

/** Passive first; EPSV last, because a server that never answers it costs the session. */
const strategies: readonly DataStrategy[] = [
  {
    name: 'pasv',
    async open(control, connectMs) {
      const reply = await control.command('PASV');
      const port = reply.code === 227 ? parsePasvPort(reply.text) : undefined;
      return port === undefined
        ? `PASV: ${reply.text}`
        : connectPassive(control.peerAddress, port, connectMs);
    },
  },
  {
    name: 'epsv',
    async open(control, connectMs) {
      const silence = new DomainError('NO_DATA_CONNECTION', 'the server does not answer EPSV');
      const reply = await control.command('EPSV', { timeoutMs: control.tuning.epsvMs, silence });
      const port = reply.code === 229 ? parseEpsvPort(reply.text) : undefined;
      return port === undefined
        ? `EPSV: ${reply.text}`
        : connectPassive(control.peerAddress, port, connectMs);
    },
  },
];

/** Opens data connections for one session, the way that worked last first. */
export class DataConnections {
  readonly #control: ControlChannel;
  readonly #connectMs: number;
  readonly #worked: string[] = [];
  #order: readonly DataStrategy[];

  /** `known`: names of ways that worked before with this machine, best first. */
  constructor(control: ControlChannel, options: { connectMs: number; known: readonly string[] }) {
    this.#control = control;
    this.#connectMs = options.connectMs;
    const rank = (strategy: DataStrategy) => {
      const index = options.known.indexOf(strategy.name);
      return index < 0 ? options.known.length : index;
    };
    this.#order = strategies.toSorted((a, b) => rank(a) - rank(b));
  }

  /** Names of the ways that worked in this session, last used first. */
  get worked(): readonly string[] {
    return this.#worked;
  }

  /** NO_DATA_CONNECTION when no way is open; the session stays usable unless the server fell silent. */
  async open(): Promise<DataConnection> {
    const reasons: string[] = [];
    for (const strategy of this.#order) {
      const attempt = await strategy.open(this.#control, this.#connectMs);
      if (typeof attempt !== 'string') {
        this.#prefer(strategy);
        return attempt;
      }
      reasons.push(this.#control.transcript.clean(attempt));
    }
    throw new DomainError('NO_DATA_CONNECTION', `no way for data is open (${reasons.join('; ')})`);
  }

  #prefer(strategy: DataStrategy): void {
    this.#order = [strategy, ...this.#order.filter((other) => other !== strategy)];
    const index = this.#worked.indexOf(strategy.name);
    if (index >= 0) this.#worked.splice(index, 1);
    this.#worked.unshift(strategy.name);
  }
}

/** Connects to a port of the machine itself, whatever host its answer named: routers and careless servers name others. */
function connectPassive(host: string, port: number, connectMs: number): Promise<Attempt> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const giveUp = (why: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(`port ${port}: ${why}`);
    };
    const timer = setTimeout(() => giveUp('no connection in time'), connectMs);
    socket.once('error', (error) => giveUp(error.message));
    socket.once('connect', () => {
      clearTimeout(timer);
      // From here on a failure is seen where the socket is used; without a listener it would end the process.
      socket.on('error', () => {});
      resolve({ socket: Promise.resolve(socket), close: () => socket.destroy() });
    });
  });
}
