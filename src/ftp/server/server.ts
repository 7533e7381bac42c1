import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { systemClock } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import { plainAddress } from './addresses.ts';
import { LoginGuard } from './admission.ts';
import { defaultLimits } from './limits.ts';
import type { Limits } from './limits.ts';
import type { ServerParts } from './parts.ts';
import { reply } from './reply.ts';
import { Session } from './session.ts';

export interface FtpServerOptions extends Pick<ServerParts, 'login'> {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Digits in it confuse no client, but it is seen by everybody. */
  readonly greeting?: string;
  readonly passivePorts?: ServerParts['passivePorts'];
  readonly advertisedAddress?: string;
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  readonly observe?: ServerParts['observe'];
}

const keepAliveMs = 15_000;
/** Clients that are being told that there is no place; of more nobody takes leave. */
const maxTurnedAway = 100;

/** A listener and its sessions. */
export class FtpServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #parts: ServerParts;
  readonly #sessions = new Set<Session>();
  readonly #served = new Set<Promise<void>>();
  readonly #turnedAway = new Set<Socket>();

  private constructor(server: Server, port: number, parts: ServerParts) {
    this.#server = server;
    this.port = port;
    this.#parts = parts;
    server.on('connection', (socket) => this.#welcome(socket));
    // Accepting can fail while the process has no file handles left; the listener stays.
    server.on('error', (error) => parts.observe({ kind: 'failure', address: '', error }));
  }

  /** Rejects when the port is taken. */
  static async listen(options: FtpServerOptions): Promise<FtpServer> {
    const clock = options.clock ?? systemClock;
    const limits = { ...defaultLimits, ...options.limits };
    const parts: ServerParts = {
      limits,
      clock,
      guard: new LoginGuard(limits, clock),
      greeting: options.greeting ?? 'FTP server ready.',
      login: options.login,
      passivePorts: options.passivePorts,
      advertisedAddress: options.advertisedAddress,
      observe: options.observe ?? (() => {}),
    };
    const server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
    });
    const port = await listening(server, options.host, options.port);
    return new FtpServer(server, port, parts);
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Takes no new clients and waits for transfers under way, at most so long. */
  async close(options: { graceMs?: number } = {}): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    const words = reply(421, 'The server closes.');
    for (const session of this.#sessions) session.close(words, { patient: true });
    for (const socket of this.#turnedAway) socket.destroy();
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.close(words);
    }, options.graceMs ?? 0);
    await Promise.all(this.#served);
    clearTimeout(timer);
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #welcome(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    if (address === '') {
      socket.destroy();
    } else if (this.#hasPlace(address)) {
      this.#parts.observe({ kind: 'connected', address });
      this.#serve(new Session(socket, this.#parts));
    } else {
      this.#parts.observe({ kind: 'turned-away', address });
      this.#turnAway(socket);
    }
  }

  #serve(session: Session): void {
    this.#sessions.add(session);
    const served = session.serve().then(() => {
      this.#sessions.delete(session);
      this.#served.delete(served);
      this.#parts.observe({ kind: 'closed', address: session.peer.address });
    });
    this.#served.add(served);
  }

  /** A machine that lost power left sessions behind that look alive; they must not keep it out. */
  #hasPlace(address: string): boolean {
    const { sessionsInAll, sessionsPerAddress, giveWayMs } = this.#parts.limits;
    const own = [...this.#sessions].filter((session) => session.peer.address === address);
    if (own.length < sessionsPerAddress && this.#sessions.size < sessionsInAll) return true;
    const silent = own.toSorted((a, b) => b.silentMs - a.silentMs)[0];
    if (silent === undefined || silent.silentMs < giveWayMs) return false;
    this.#sessions.delete(silent);
    silent.close(reply(421, 'A newer session of yours takes this place.'));
    return true;
  }

  #turnAway(socket: Socket): void {
    socket.on('error', () => {});
    if (this.#turnedAway.size >= maxTurnedAway) {
      socket.destroy();
      return;
    }
    this.#turnedAway.add(socket);
    const timer = setTimeout(() => socket.destroy(), this.#parts.limits.closeWaitMs);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#turnedAway.delete(socket);
    });
    socket.end('421 Too many sessions; try again later.\r\n');
    socket.resume();
  }
}

function listening(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}
