import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/**
 * A moment in an FTP session. `command` is matched against the whole line (`STOR /FLEET98/IN/1A2B3C4D.TMP`).
 * `before`: the server has not got the command. `answered`: the server has done it, the client does not know yet.
 * A number: so many bytes of the file have passed, counted from its first one, and no more will.
 */
export interface Moment {
  readonly command: RegExp;
  readonly when: 'before' | 'answered' | number;
  /** Commands that must have passed before, in this order, since the watch began. */
  readonly after?: readonly RegExp[];
  /** Only the n-th command, or answer, that matches since the watch began; counts from 1. Not for a number of bytes. */
  readonly nth?: number;
}

interface Watch {
  readonly moment: Moment;
  readonly act: () => void;
  readonly reached: () => void;
  /** Of `after`, what has not passed yet. */
  readonly missing: RegExp[];
  matches: number;
}

/**
 * The network cable of one machine: carries control and data connections, knows at each byte what it carries, and at
 * an exact moment does something and falls silent.
 */
export class WatchedCable {
  /** The commands that have passed, oldest first. */
  readonly commands: string[] = [];
  /** Bytes of files that the client has sent. */
  sentBytes = 0;
  /** Told each command before the server gets it. */
  onCommand: (command: string) => void = () => {};
  readonly #target: number;
  readonly #sessions = new Set<Session>();
  #server: Server | undefined;
  #port = 0;
  #watch: Watch | undefined;
  #awaited: { readonly missing: RegExp[]; readonly act: () => void } | undefined;

  private constructor(target: number) {
    this.#target = target;
  }

  static async to(target: number): Promise<WatchedCable> {
    const cable = new WatchedCable(target);
    await cable.plug();
    return cable;
  }

  /** The same as long as the cable lives. */
  get port(): number {
    return this.#port;
  }

  /** Plugs it in again after `unplug`. */
  async plug(): Promise<void> {
    if (this.#server) return;
    const server = createServer({ allowHalfOpen: true }, (near) => {
      const session = new Session(near, this.#target, this);
      this.#sessions.add(session);
      near.once('close', () => this.#sessions.delete(session));
    });
    this.#server = server;
    await listen(server, this.#port);
    this.#port = portOf(server);
  }

  /** Ends every connection now; new ones are refused. */
  async unplug(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.cut();
    await new Promise<void>((resolve) => {
      if (server) server.close(() => resolve());
      else resolve();
    });
  }

  /** At the moment, once: `act` is called, then every connection ends and nothing more passes. Settles then. */
  at(moment: Moment, act: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#watch = { moment, act, reached: resolve, missing: [...(moment.after ?? [])], matches: 0 };
    });
  }

  /** When these commands have passed, in this order, `act` is called; everything goes on. */
  whenPassed(commands: readonly RegExp[], act: () => void): void {
    this.#awaited = { missing: [...commands], act };
  }

  /** Forgets a moment that was not reached. */
  unwatch(): void {
    this.#watch = undefined;
  }

  /** Ends every connection now. */
  cut(): void {
    for (const session of this.#sessions) session.cut();
  }

  close(): Promise<void> {
    return this.unplug();
  }

  /** Whether the moment has come with this command. */
  reaches(command: string, when: 'before' | 'answered'): boolean {
    const watch = this.#watch;
    if (watch?.moment.when !== when || !this.#concerns(command)) return false;
    watch.matches += 1;
    return watch.matches >= (watch.moment.nth ?? 1) && this.#fire();
  }

  /** How many more bytes of the file may pass before the moment comes; `position` have passed. */
  bytesLeft(command: string, position: number): number {
    const when = this.#watch?.moment.when;
    if (typeof when !== 'number' || position > when || !this.#concerns(command)) return Infinity;
    return when - position;
  }

  /** The moment has come; connections end when the server has taken what it was sent. */
  async reachesByte(taken: Promise<void> = Promise.resolve()): Promise<void> {
    const watch = this.#strike();
    await taken;
    this.cut();
    watch?.reached();
  }

  /** A command is about to pass. */
  note(command: string): void {
    this.commands.push(command);
    this.onCommand(command);
  }

  /** The command has passed. */
  passed(command: string): void {
    if (this.#watch?.missing[0]?.test(command) === true) this.#watch.missing.shift();
    const awaited = this.#awaited;
    if (awaited?.missing[0]?.test(command) !== true) return;
    awaited.missing.shift();
    if (awaited.missing.length > 0) return;
    this.#awaited = undefined;
    awaited.act();
  }

  #concerns(command: string): boolean {
    return this.#watch?.missing.length === 0 && this.#watch.moment.command.test(command);
  }

  #fire(): true {
    const watch = this.#strike();
    this.cut();
    watch?.reached();
    return true;
  }

  #strike(): Watch | undefined {
    const watch = this.#watch;
    this.#watch = undefined;
    watch?.act();
    return watch;
  }
}

/** One control connection and its data connections. */
class Session {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #cable: WatchedCable;
  readonly #dataServer: Server;
  readonly #sockets = new Set<Socket>();
  #dataPort = 0;
  #command = '';
  #restart = 0;
  /** As the server told it last; APPE begins there. */
  readonly #sizes = new Map<string, number>();
  #isCut = false;

  constructor(near: Socket, target: number, cable: WatchedCable) {
    this.#near = near;
    this.#cable = cable;
    this.#dataServer = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
      this.#carryData(socket),
    );
    near.pause();
    this.#far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    this.#join(near, this.#far);
    void listen(this.#dataServer).then(() => {
      carryLines(near, (line) => this.#fromClient(line));
      carryLines(this.#far, (line) => this.#fromServer(line));
      near.resume();
    });
    near.once('close', () => {
      // What the server still says has nobody to go to.
      this.#isCut = true;
      this.#dataServer.close();
    });
  }

  /** As the death of the client does it: the server sees an orderly end of what it has got so far. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#near.destroy();
    this.#far.end();
  }

  #fromClient(line: string): void {
    if (this.#isCut) return;
    this.#command = line.trimEnd();
    this.#cable.note(this.#command);
    const restart = /^REST (\d+)/.exec(this.#command)?.[1];
    if (restart !== undefined) this.#restart = Number(restart);
    if (this.#cable.reaches(this.#command, 'before')) return;
    this.#far.write(line, 'latin1');
  }

  #fromServer(line: string): void {
    const isFinal = /^[2-5]\d\d /.test(line);
    if (this.#isCut || (isFinal && this.#cable.reaches(this.#command, 'answered'))) return;
    if (isFinal) this.#cable.passed(this.#command);
    if (isFinal && /^(RETR|STOR|APPE) /.test(this.#command)) this.#restart = 0;
    const [verb = '', path = ''] = this.#command.split(/ (.*)/);
    const size = verb === 'SIZE' ? /^213 (\d+)/.exec(line)?.[1] : undefined;
    if (size !== undefined) this.#sizes.set(path, Number(size));
    this.#near.write(this.#withOurPort(line), 'latin1');
  }

  #withOurPort(line: string): string {
    const passive = /^227 .*?(\d+,\d+,\d+,\d+),(\d+),(\d+)/.exec(line);
    const extended = /^229 .*\|\|\|(\d+)\|/.exec(line);
    if (!passive && !extended) return line;
    const ours = portOf(this.#dataServer);
    this.#dataPort = passive ? Number(passive[2]) * 256 + Number(passive[3]) : Number(extended?.[1]);
    return passive
      ? `227 Entering Passive Mode (127,0,0,1,${Math.floor(ours / 256)},${ours % 256})\r\n`
      : `229 Entering Extended Passive Mode (|||${ours}|)\r\n`;
  }

  #carryData(near: Socket): void {
    const far = connect({ port: this.#dataPort, host: '127.0.0.1', allowHalfOpen: true });
    this.#join(near, far);
    let position: number | undefined;
    const carry = (from: Socket, to: Socket) => {
      from.on('data', (bytes: Buffer) => {
        position ??= this.#begin();
        if (to === far) this.#cable.sentBytes += bytes.length;
        const left = this.#cable.bytesLeft(this.#command, position);
        position += bytes.length;
        if (bytes.length < left) {
          if (!to.write(bytes)) from.pause();
        } else if (to === far) {
          // The server gets these bytes and then an end, as from a client that died; nothing of them gets lost on the way.
          from.pause();
          this.#isCut = true;
          this.#sockets.delete(far);
          const taken = new Promise<void>((resolve) => far.once('close', () => resolve()));
          far.end(bytes.subarray(0, left));
          void this.#cable.reachesByte(taken);
        } else {
          to.write(bytes.subarray(0, left), () => void this.#cable.reachesByte());
          from.pause();
        }
      });
      from.on('end', () => to.end());
      to.on('drain', () => from.resume());
    };
    carry(near, far);
    carry(far, near);
    near.resume();
  }

  /** Where in its file the transfer under way begins. */
  #begin(): number {
    return this.#command.startsWith('APPE ') ? (this.#sizes.get(this.#command.slice(5)) ?? 0) : this.#restart;
  }

  #join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', (hadError) => {
        this.#sockets.delete(socket);
        const other = socket === near ? far : near;
        if (hadError) other.resetAndDestroy();
        else if (!other.destroyed) other.end();
      });
    }
    this.#sockets.delete(this.#near);
    this.#sockets.delete(this.#far);
  }
}

/** Gives each whole line with its line end; what is left of one is dropped at the end. */
function carryLines(from: Socket, take: (line: string) => void): void {
  let rest = '';
  from.on('data', (bytes: Buffer) => {
    const lines = (rest + bytes.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(`${line}\n`);
  });
  from.on('end', () => from.end());
}

/** Port 0: any free one. */
function listen(server: Server, port = 0): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

function portOf(server: Server | undefined): number {
  const address = server?.address() ?? null;
  if (address === null || typeof address === 'string') throw new Error('the cable is not plugged in');
  return address.port;
}
