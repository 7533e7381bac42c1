import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A bare FTP client: sends lines, reads whole replies, opens passive data connections. Keeps every reply it saw. */
export class Wire {
  readonly replies: string[] = [];
  /** Settles when the connection is gone: with the error's code, or `end`. */
  readonly closed: Promise<string>;
  readonly #socket: Socket;
  #text = '';
  #waiting: ((reply: string) => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on('error', (error) => resolve('code' in error ? String(error.code) : 'error'));
      socket.on('close', () => resolve('end'));
    });
    socket.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('latin1');
      this.#deliver();
    });
  }

  /** Connects and reads the greeting. */
  static async open(port: number): Promise<Wire> {
    const wire = new Wire(connect(port, '127.0.0.1'));
    await wire.reply();
    return wire;
  }

  static async login(port: number, user: string, password: string): Promise<Wire> {
    const wire = await Wire.open(port);
    await wire.send(`USER ${user}`);
    await wire.send(`PASS ${password}`);
    return wire;
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  reply(): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#deliver();
    });
  }

  async send(line: string): Promise<string> {
    this.write(`${line}\r\n`);
    return this.reply();
  }

  async openData(): Promise<Socket> {
    const numbers = /\((\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\)/.exec(await this.send('PASV')) ?? [];
    const socket = connect(Number(numbers[5]) * 256 + Number(numbers[6]), '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }

  /** Uploads with STOR or APPE; returns the last reply. */
  async upload(command: string, bytes: Buffer | string): Promise<string> {
    const data = await this.openData();
    const first = await this.send(command);
    if (!first.startsWith('150')) {
      data.destroy();
      return first;
    }
    data.end(bytes);
    return this.reply();
  }

  /** What RETR or LIST sent; the last reply where it was refused. */
  async download(command: string): Promise<string> {
    const data = await this.openData();
    const parts: Buffer[] = [];
    data.on('data', (bytes: Buffer) => parts.push(bytes));
    const ended = once(data, 'close');
    const first = await this.send(command);
    if (!first.startsWith('150')) {
      data.destroy();
      return first;
    }
    await this.reply();
    await ended;
    return Buffer.concat(parts).toString('latin1');
  }

  close(): void {
    this.#socket.destroy();
  }

  #deliver(): void {
    if (this.#waiting.length === 0) return;
    const end = /^(\d{3}) .*\r\n/m.exec(this.#text);
    if (end === null) return;
    const length = end.index + end[0].length;
    const reply = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    this.replies.push(reply);
    this.#waiting.shift()?.(reply);
  }
}
