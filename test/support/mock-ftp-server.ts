import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** One step of a scripted answer. Steps run one after another. */
export type Step = (session: MockSession) => void | Promise<void>;

/** What the server does for a command line; undefined leaves it to the well-behaved default. */
export type Script = (line: string, session: MockSession) => readonly Step[] | undefined;

export interface MockSession {
  readonly control: Socket;
  readonly server: MockFtpServer;
  /** The accepted data connection; waits for it. */
  data(): Promise<Socket>;
  openPassive(): Promise<number>;
  closePassive(): void;
}

export interface MockFtpServer extends AsyncDisposable {
  readonly port: number;
  /** Every command line of every session. */
  readonly lines: string[];
  readonly files: Map<string, Buffer>;
  readonly folders: Set<string>;
  /** Control connections that are open now. */
  readonly openSessions: number;
  readonly sessionCount: number;
}

export interface MockOptions {
  readonly greeting?: readonly Step[];
  readonly script?: Script;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly folders?: readonly string[];
}

export const raw =
  (bytes: string): Step =>
  ({ control }) => {
    control.write(Buffer.from(bytes, 'latin1'));
  };

export const say = (line: string): Step => raw(`${line}\r\n`);

/** Each byte in a packet of its own. */
export const bytewise =
  (bytes: string): Step =>
  async ({ control }) => {
    for (const byte of Buffer.from(bytes, 'latin1')) {
      control.write(Buffer.from([byte]));
      await turn();
    }
  };

export const pieces =
  (...parts: readonly string[]): Step =>
  async ({ control }) => {
    for (const part of parts) {
      control.write(Buffer.from(part, 'latin1'));
      await turn();
    }
  };

/** Waits for something that the test decides. */
export const until =
  (condition: Promise<unknown>): Step =>
  async () => {
    await condition;
  };

export const closeControl: Step = ({ control }) => {
  control.end();
};

export const resetControl: Step = ({ control }) => {
  reset(control);
};

export const sendData =
  (bytes: string | Uint8Array): Step =>
  async (session) => {
    const socket = await session.data();
    await new Promise<void>((resolve) => {
      socket.end(bytes, () => resolve());
    });
  };

/** Data without an end. */
export const startData =
  (bytes: string | Uint8Array): Step =>
  async (session) => {
    (await session.data()).write(bytes);
  };

export const resetData: Step = async (session) => {
  reset(await session.data());
};

/** Reads what the client uploads up to its end and keeps it under a name. */
export const readData =
  (name: string): Step =>
  async (session) => {
    session.server.files.set(name, await drain(await session.data()));
  };

/** Opens a passive port and answers with what `answer` makes of it. */
export const passive =
  (answer: (port: number) => string): Step =>
  async (session) => {
    const port = await session.openPassive();
    session.control.write(Buffer.from(answer(port), 'latin1'));
  };

export const answer227 = (port: number, host = '127,0,0,1'): string =>
  `227 Entering Passive Mode (${host},${port >> 8},${port & 255})\r\n`;

/** A small FTP server on 127.0.0.1 whose every answer a test can replace. */
export async function startMockFtp(options: MockOptions = {}): Promise<MockFtpServer> {
  const listener = createServer();
  const server = new MockServer(listener, options);
  listener.on('connection', (socket) => server.accept(socket));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return server;
}

class MockServer implements MockFtpServer {
  readonly lines: string[] = [];
  readonly files = new Map<string, Buffer>();
  readonly folders = new Set<string>();
  readonly #listener: Server;
  readonly #options: MockOptions;
  readonly #sessions = new Set<ScriptedSession>();
  sessionCount = 0;

  constructor(listener: Server, options: MockOptions) {
    this.#listener = listener;
    this.#options = options;
    for (const [path, bytes] of Object.entries(options.files ?? {})) this.files.set(path, Buffer.from(bytes));
    for (const folder of ['/', ...(options.folders ?? [])]) this.folders.add(folder);
  }

  get port(): number {
    return portOf(this.#listener);
  }

  get openSessions(): number {
    return this.#sessions.size;
  }

  accept(control: Socket): void {
    this.sessionCount += 1;
    const session = new ScriptedSession(control, this, this.#options);
    this.#sessions.add(session);
    control.once('close', () => {
      session.closePassive();
      this.#sessions.delete(session);
    });
    session.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) {
      session.closePassive();
      session.control.destroy();
    }
    this.#listener.close();
    await once(this.#listener, 'close');
  }
}

class ScriptedSession implements MockSession {
  readonly control: Socket;
  readonly server: MockServer;
  readonly #options: MockOptions;
  #queue: Promise<void> = Promise.resolve();
  #listener: Server | undefined;
  #accepted: Promise<Socket> | undefined;
  #dataSocket: Socket | undefined;
  #unread = '';
  restart = 0;
  renameFrom: string | undefined;

  constructor(control: Socket, server: MockServer, options: MockOptions) {
    this.control = control;
    this.server = server;
    this.#options = options;
    control.on('error', () => {});
    control.setNoDelay(true);
  }

  start(): void {
    this.#run(this.#options.greeting ?? [say('220 mock')]);
    this.control.on('data', (bytes) => {
      const parts = (this.#unread + bytes.toString('latin1')).split('\r\n');
      this.#unread = parts.pop() ?? '';
      for (const line of parts) {
        this.server.lines.push(line);
        this.#run(this.#options.script?.(line, this) ?? defaultSteps(line, this));
      }
    });
  }

  async openPassive(): Promise<number> {
    this.closePassive();
    const listener = createServer();
    this.#listener = listener;
    this.#accepted = new Promise((resolve) => {
      listener.once('connection', (socket) => {
        socket.on('error', () => {});
        this.#dataSocket = socket;
        listener.close();
        resolve(socket);
      });
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return portOf(listener);
  }

  data(): Promise<Socket> {
    return this.#accepted ?? Promise.reject(new Error('no passive port was opened'));
  }

  closePassive(): void {
    this.#listener?.close();
    this.#dataSocket?.destroy();
    this.#listener = undefined;
    this.#accepted = undefined;
  }

  #run(steps: readonly Step[]): void {
    this.#queue = this.#queue.then(async () => {
      for (const step of steps) {
        if (this.control.destroyed) return;
        await step(this);
      }
    });
    this.#queue.catch(() => {});
  }
}

/** A friendly server: enough for everything that a test does not script. */
function defaultSteps(line: string, session: ScriptedSession): readonly Step[] {
  const [verb = '', ...rest] = line.split(' ');
  const argument = rest.join(' ');
  const { files, folders } = session.server;
  const file = files.get(argument);
  switch (verb) {
    case 'USER':
      return [say('331 password please')];
    case 'PASS':
      return [say('230 in')];
    case 'SYST':
      return [say('215 UNIX Type: L8')];
    case 'FEAT':
      return [raw('211-Features:\r\n SIZE\r\n REST STREAM\r\n211 End\r\n')];
    case 'TYPE':
    case 'NOOP':
      return [say('200 ok')];
    case 'QUIT':
      return [say('221 bye'), closeControl];
    case 'PASV':
      return [passive((port) => answer227(port))];
    case 'EPSV':
      return [passive((port) => `229 Extended (|||${port}|)\r\n`)];
    case 'SIZE':
      return [say(file === undefined ? '550 no such file' : `213 ${file.length}`)];
    case 'REST':
      return [() => void (session.restart = Number(argument)), say('350 restarting')];
    case 'RETR':
      return file === undefined ? [say('550 no such file')] : retrieve(file, session);
    case 'STOR':
    case 'APPE':
      return store(verb, argument, session);
    case 'DELE':
      return [say(files.delete(argument) ? '250 deleted' : '550 no such file')];
    case 'RNFR':
      session.renameFrom = argument;
      return [say(file === undefined ? '550 no such file' : '350 and to?')];
    case 'RNTO':
      return [say(rename(argument, session))];
    case 'CWD':
      return [say(folders.has(argument) ? '250 ok' : '550 no such directory')];
    case 'MKD':
      if (folders.has(argument)) return [say('550 already exists')];
      folders.add(argument);
      return [say(`257 "${argument}" created`)];
    default:
      return [say('502 what?')];
  }
}

function retrieve(file: Buffer, session: ScriptedSession): readonly Step[] {
  const from = session.restart;
  session.restart = 0;
  return [say('150 coming'), sendData(file.subarray(from)), say('226 done')];
}

function store(verb: string, path: string, session: ScriptedSession): readonly Step[] {
  const { files } = session.server;
  const before = files.get(path) ?? Buffer.alloc(0);
  const head = verb === 'APPE' ? before : before.subarray(0, session.restart);
  session.restart = 0;
  const keep: Step = async () => {
    files.set(path, Buffer.concat([head, await drain(await session.data())]));
  };
  return [say('150 go on'), keep, say('226 done')];
}

function rename(to: string, session: ScriptedSession): string {
  const { files } = session.server;
  const from = session.renameFrom;
  const bytes = from === undefined ? undefined : files.get(from);
  if (from === undefined || bytes === undefined) return '503 RNFR first';
  if (files.has(to)) return '553 file exists';
  files.delete(from);
  files.set(to, bytes);
  return '250 renamed';
}

async function drain(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

/** RST without a FIN before it: Node's own resetAndDestroy() ends the stream properly first. */
function reset(socket: Socket): void {
  Reflect.set(socket, 'resetAndClosing', true);
  socket.destroy();
}

/** Lets the event loop go round, so that what was written leaves in a packet of its own. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}
