import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';

const finalLine = /^\d{3} /;

/** A client that says exactly what a test wants, to see exactly what a server answers. */
export class FtpTalk implements AsyncDisposable {
  readonly socket: Socket;
  #text = '';
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('latin1');
      this.#wake();
    });
    const end = () => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('end', end);
    socket.on('close', end);
    socket.on('error', end);
  }

  /** Connects and reads the greeting; `from`: the client's own address. */
  static async open(port: number, from = '127.0.0.1'): Promise<{ talk: FtpTalk; greeting: string }> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    const talk = new FtpTalk(socket);
    return { talk, greeting: await talk.answer() };
  }

  static async loggedIn(port: number, user: string, password: string): Promise<FtpTalk> {
    const { talk } = await FtpTalk.open(port);
    await talk.ask(`USER ${user}`);
    const answer = await talk.ask(`PASS ${password}`);
    if (!answer.startsWith('230')) throw new Error(answer);
    return talk;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Sends a line and gives the whole answer to it, which is the first of two for a transfer. */
  ask(line: string): Promise<string> {
    this.send(`${line}\r\n`);
    return this.answer();
  }

  send(raw: string): void {
    this.socket.write(Buffer.from(raw, 'latin1'));
  }

  /** The next answer with all its lines; what came before the end when the server hangs up. */
  async answer(): Promise<string> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.#line();
      if (line === undefined) return lines.join('\n');
      lines.push(line);
      if (finalLine.test(line)) return lines.join('\n');
    }
  }

  /** Everything until the server hangs up. */
  async rest(): Promise<string> {
    while (!this.#ended) await this.#more();
    return this.#text;
  }

  /** A passive data connection. */
  async passive(from = '127.0.0.1'): Promise<Socket> {
    const numbers = /\((\d+,\d+,\d+,\d+),(\d+),(\d+)\)/.exec(await this.ask('PASV'));
    const port = Number(numbers?.[2]) * 256 + Number(numbers?.[3]);
    const data = connect({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true });
    data.on('error', () => {});
    await once(data, 'connect');
    return data;
  }

  /** Bytes up, over a passive connection; the last answer. */
  async put(command: string, bytes: string | Buffer, from?: string): Promise<string> {
    const data = await this.passive(from);
    const first = await this.ask(command);
    if (!first.startsWith('150')) {
      data.destroy();
      return first;
    }
    data.end(bytes);
    return this.answer();
  }

  /** Bytes down, over a passive connection; the bytes as text, or the refusal. */
  async get(command: string, from?: string): Promise<string> {
    const data = await this.passive(from);
    const first = await this.ask(command);
    if (!first.startsWith('150')) {
      data.destroy();
      return first;
    }
    // A transfer that the server breaks off is a reset, which not every Node tells of.
    const text = await readAll(data).catch(() => undefined);
    const last = await this.answer();
    return text !== undefined && last.startsWith('226') ? text : last;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    return Promise.resolve();
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return line;
      }
      if (this.#ended) return undefined;
      await this.#more();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#ended) resolve();
    });
  }
}

export async function readAll(data: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of data) pieces.push(Buffer.from(piece));
  // As every client does that has read the end; from Node 24 on the loop leaves it to us.
  data.end();
  return Buffer.concat(pieces).toString('latin1');
}

/** A listener for active mode: what PORT says of it, and the connection that comes. */
export async function activeListener(): Promise<{ port: string; socket: Promise<Socket>; close(): void }> {
  const server = createServer({ allowHalfOpen: true });
  const socket = new Promise<Socket>((resolve) => {
    server.once('connection', resolve);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const number = address !== null && typeof address === 'object' ? address.port : 0;
  return { port: `127,0,0,1,${number >> 8},${number & 255}`, socket, close: () => server.close() };
}
