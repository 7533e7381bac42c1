import type { Socket } from 'node:net';
import { plainAddress } from './addresses.ts';
import { codepage } from './codepage.ts';
import type { Codepage } from './codepage.ts';
import type { CommandLine } from './command-line.ts';
import { CommandQueue } from './command-queue.ts';
import type { Queued } from './command-queue.ts';
import { findCommand } from './commands/index.ts';
import { statusReply } from './commands/status.ts';
import { replyBytes } from './control-text.ts';
import type { DataWay } from './data-way.ts';
import { LineReader } from './line-reader.ts';
import { Pace } from './pace.ts';
import type { ServerParts } from './parts.ts';
import { refusalReply, reply } from './reply.ts';
import type { Reply } from './reply.ts';
import { Transfer } from './transfer.ts';
import { TransferBroken } from './transfer-broken.ts';
import { newState } from './visit.ts';
import type { Peer, Visit, VisitState } from './visit.ts';

/** What is written to a client that does not read before its further questions have to wait. */
const maxUnreadBytes = 65_536;
/** A browser that was led here by a page must not get to say more. */
const webVerbs: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'TRACE',
];

/** One client's control connection: takes its commands one by one, in order, until one side has enough. */
export class Session implements Visit {
  readonly parts: ServerParts;
  readonly peer: Peer;
  readonly state: VisitState = newState();
  readonly closing: AbortSignal;
  readonly #closing = new AbortController();
  readonly #socket: Socket;
  readonly #reader: LineReader;
  readonly #queue = new CommandQueue();
  readonly #pace: Pace;
  #way: DataWay | undefined;
  #transfer: Transfer | undefined;
  #lastWords: Reply | undefined;
  #isLeaving = false;
  #badLines = 0;
  #loginTimer: NodeJS.Timeout | undefined;
  /** Since when a command is waited for; undefined while one is under way. */
  #silentSinceMs: number | undefined;

  constructor(socket: Socket, parts: ServerParts) {
    this.parts = parts;
    this.peer = {
      address: plainAddress(socket.remoteAddress ?? ''),
      localAddress: plainAddress(socket.localAddress ?? ''),
      bindAddress: (socket.localAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, ''),
    };
    this.closing = this.#closing.signal;
    this.#socket = socket;
    this.#reader = new LineReader(parts.limits.lineBytes);
    this.#pace = new Pace(parts.limits.commandsPerSecond, parts.clock);
  }

  get transfer(): Transfer | undefined {
    return this.#transfer;
  }

  get page(): Codepage {
    return codepage(this.state.isUtf8 ? 'utf-8' : (this.state.view?.codepage ?? 'cp437'));
  }

  /** How long the client has said nothing while it could have. */
  get silentMs(): number {
    return this.#silentSinceMs === undefined ? 0 : this.parts.clock.monotonicMs() - this.#silentSinceMs;
  }

  /** Resolves when the connection is closed. Never rejects. */
  async serve(): Promise<void> {
    this.#listen();
    try {
      this.expectLogin();
      await this.say(reply(220, this.parts.greeting));
      for (let item = await this.#next(); item !== undefined; item = await this.#next()) {
        await this.#pace.take(1, this.closing);
        await this.say(await this.#answer(item));
        if (this.#isLeaving) break;
      }
    } catch (error) {
      if (!this.closing.aborted) this.#report(error);
    }
    await this.#finish();
  }

  /** Ends the session with these words; `patient`: after a transfer that is under way. */
  close(words: Reply, options: { patient?: boolean } = {}): void {
    this.#lastWords ??= words;
    this.#isLeaving = true;
    if (options.patient === true && this.#transfer !== undefined) return;
    this.#transfer?.abort(new TransferBroken(426, 'The session ends.'));
    this.#queue.clear();
    this.#closing.abort(new TransferBroken(421, 'The session ends.'));
  }

  hangUp(): void {
    this.#isLeaving = true;
  }

  expectLogin(): void {
    clearTimeout(this.#loginTimer);
    this.#loginTimer = setTimeout(() => {
      if (this.state.view === undefined) this.close(reply(421, 'Nobody logged in for too long.'));
    }, this.parts.limits.loginMs);
  }

  async say(words: Reply): Promise<void> {
    if (!this.#socket.writable) return;
    if (this.#socket.write(replyBytes(words, this.page)) || this.closing.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#socket.destroy(), this.parts.limits.idleMs);
      const go = () => {
        clearTimeout(timer);
        this.#socket.off('drain', go).off('close', go);
        this.closing.removeEventListener('abort', go);
        resolve();
      };
      this.#socket.once('drain', go).once('close', go);
      this.closing.addEventListener('abort', go, { once: true });
    });
  }

  setWay(way: DataWay | undefined): void {
    this.#way?.close();
    this.#way = way;
  }

  takeWay(): DataWay | undefined {
    const way = this.#way;
    this.#way = undefined;
    return way;
  }

  beginTransfer(name: string): Transfer {
    this.#transfer = new Transfer(name, this.parts);
    this.#lookAhead();
    return this.#transfer;
  }

  endTransfer(): void {
    this.#transfer?.end();
    this.#transfer = undefined;
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', (bytes: Buffer) => {
      this.#queue.push(this.#reader.push(bytes));
      if (this.#queue.length >= this.parts.limits.queuedLines) socket.pause();
      this.#lookAhead();
    });
    socket.on('end', () => {
      this.#queue.end();
      this.#lookAhead();
    });
    socket.on('error', () => {});
    socket.on('close', () => this.close(reply(421, 'The connection broke.')));
  }

  /** What cannot wait for a transfer's end: ABOR, a question after it, and that the client is gone. */
  #lookAhead(): void {
    const transfer = this.#transfer;
    if (transfer === undefined) return;
    if (this.#queue.has('ABOR')) transfer.abort(new TransferBroken(426, 'Aborted as you wished.'));
    // One who has said QUIT may close the connection; of anybody else the end means that the client died.
    if (this.#socket.readableEnded && !this.#queue.has('QUIT')) {
      transfer.abort(new TransferBroken(426, 'The control connection ended.'));
    }
    for (let first = this.#queue.first; isStatus(first); first = this.#queue.first) {
      if (this.#socket.writableLength > maxUnreadBytes) return;
      this.#queue.take();
      void this.say(statusReply(this));
    }
  }

  async #next(): Promise<Queued | undefined> {
    const silence = reply(421, 'Nothing was said for too long.');
    const timer = setTimeout(() => this.close(silence), this.parts.limits.idleMs);
    this.#silentSinceMs = this.parts.clock.monotonicMs();
    try {
      return await this.#queue.next();
    } finally {
      clearTimeout(timer);
      this.#silentSinceMs = undefined;
      if (this.#queue.length < this.parts.limits.queuedLines / 2) this.#socket.resume();
    }
  }

  #answer(item: Queued): Promise<Reply> | Reply {
    if (item === 'too-long') return this.#bad(reply(500, 'That line is too long.'));
    if (item === 'no-command') return this.#bad(reply(500, 'That is no command.'));
    const command = findCommand(item.verb);
    if (command === undefined) {
      if (webVerbs.includes(item.verb)) this.hangUp();
      return this.#bad(reply(502, 'There is no such command here; HELP lists them.'));
    }
    this.#badLines = 0;
    if (command.keeps !== 'rest') {
      this.state.restAt = 0;
      this.state.announcedBytes = undefined;
    }
    if (command.keeps !== 'rename') this.state.renameFrom = undefined;
    if (this.state.view === undefined && command.isOpen !== true) return reply(530, 'Log in first.');
    return this.#run(command.run.bind(command), item);
  }

  async #run(run: (visit: Visit, argument: Buffer) => Promise<Reply> | Reply, { argument }: CommandLine) {
    try {
      return await run(this, argument);
    } catch (error) {
      if (error instanceof TransferBroken) return error.reply;
      const refusal = refusalReply(error);
      if (refusal !== undefined) return refusal;
      this.#report(error);
      return reply(451, 'Something went wrong on this side.');
    }
  }

  #bad(words: Reply): Reply {
    this.#badLines += 1;
    if (this.#badLines < this.parts.limits.badLines) return words;
    this.hangUp();
    return reply(421, 'That was not FTP for too long.');
  }

  #report(error: unknown): void {
    this.parts.observe({ kind: 'failure', address: this.peer.address, error });
  }

  async #finish(): Promise<void> {
    clearTimeout(this.#loginTimer);
    this.setWay(undefined);
    this.#queue.clear();
    const socket = this.#socket;
    if (this.#lastWords !== undefined) await this.say(this.#lastWords);
    socket.end();
    // Unread bytes would make the close a reset, which takes the last words from the client.
    socket.resume();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.destroy(), this.parts.limits.closeWaitMs);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      socket.once('close', done);
      if (socket.destroyed) done();
    });
    this.#closing.abort(new TransferBroken(421, 'The session ends.'));
  }
}

const isStatus = (item: Queued | undefined): boolean =>
  typeof item === 'object' && item.verb === 'STAT' && item.argument.length === 0;
