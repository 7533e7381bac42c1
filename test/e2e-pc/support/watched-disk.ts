import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { once } from 'node:events';
import { ByteReader } from './byte-reader.ts';

/** A write that the disk is asked for. `before`: nothing of it gets there. `after`: all of it is there, nothing else. */
export interface DiskMoment {
  readonly writes: (bytes: Buffer) => boolean;
  readonly when: 'before' | 'after';
}

const option = { exportName: 1, abort: 2, info: 6, go: 7 } as const;
const answer = { ack: 1, info: 3, unsupported: 0x8000_0001 } as const;
const command = { read: 0, write: 1, disconnect: 2, flush: 3 } as const;
const HAS_FLAGS_AND_FLUSH = 5;
const INVALID = 22;

/**
 * The disk of an emulated PC: a file that is served over NBD, so that it is known what is about to reach the disk. At an
 * exact write it can do something and take nothing more, as a disk without power.
 */
export class WatchedDisk implements Disposable {
  readonly #file: number;
  readonly #size: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #watch: (DiskMoment & { readonly act: () => void; readonly reached: () => void }) | undefined;
  #isDead = false;

  private constructor(image: string) {
    this.#file = openSync(image, 'r+');
    this.#size = fstatSync(this.#file).size;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
      void this.#serve(socket).finally(() => socket.destroy());
    });
  }

  static async serve(image: string, socketPath: string): Promise<WatchedDisk> {
    const disk = new WatchedDisk(image);
    disk.#server.listen(socketPath);
    await once(disk.#server, 'listening');
    return disk;
  }

  /** At the moment, once: `act` is called, and from then on nothing reaches the disk. Settles then. */
  at(moment: DiskMoment, act: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#watch = { ...moment, act, reached: resolve };
    });
  }

  /** From now on nothing reaches the disk. */
  cut(): void {
    this.#isDead = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  [Symbol.dispose](): void {
    this.cut();
    this.#server.close();
    closeSync(this.#file);
  }

  async #serve(socket: Socket): Promise<void> {
    const bytes = new ByteReader(socket);
    if (!(await this.#negotiate(socket, bytes))) return;
    for (;;) {
      const head = await bytes.take(28);
      if (!head || this.#isDead) return;
      const kind = head.readUInt16BE(6);
      const offset = Number(head.readBigUInt64BE(16));
      const length = head.readUInt32BE(24);
      const data = kind === command.write ? await bytes.take(length) : undefined;
      if (kind === command.disconnect || (kind === command.write && !data) || this.#isDead) return;
      const done = this.#perform(kind, offset, length, data);
      if (done === undefined) return;
      const answered = Buffer.alloc(16);
      answered.writeUInt32BE(0x6744_6698, 0);
      answered.writeUInt32BE(done === false ? INVALID : 0, 4);
      head.copy(answered, 8, 8, 16);
      socket.write(done === false ? answered : Buffer.concat([answered, done]));
    }
  }

  /** What the answer carries; false for what it cannot do; undefined when it has died over it. */
  #perform(kind: number, offset: number, length: number, data?: Buffer): Buffer | false | undefined {
    if (kind === command.flush) return Buffer.alloc(0);
    if (offset + length > this.#size) return false;
    if (kind === command.read) {
      const bytes = Buffer.alloc(length);
      readSync(this.#file, bytes, 0, length, offset);
      return bytes;
    }
    if (kind !== command.write || !data) return false;
    const moment = this.#watch?.writes(data) === true ? this.#watch.when : undefined;
    if (moment !== 'before') writeSync(this.#file, data, 0, length, offset);
    if (moment === undefined) return Buffer.alloc(0);
    this.#strike();
    return undefined;
  }

  #strike(): void {
    const watch = this.#watch;
    this.#watch = undefined;
    this.cut();
    watch?.act();
    watch?.reached();
  }

  /** The newstyle handshake, without any of the extensions. */
  async #negotiate(socket: Socket, bytes: ByteReader): Promise<boolean> {
    socket.write(Buffer.concat([Buffer.from('NBDMAGICIHAVEOPT'), Buffer.from([0, 3])]));
    if (!(await bytes.take(4))) return false;
    for (;;) {
      const head = await bytes.take(16);
      if (!head || !(await bytes.take(head.readUInt32BE(12)))) return false;
      const kind = head.readUInt32BE(8);
      const about = Buffer.alloc(12);
      about.writeBigUInt64BE(BigInt(this.#size), 2);
      about.writeUInt16BE(HAS_FLAGS_AND_FLUSH, 10);
      if (kind === option.abort) return false;
      if (kind === option.exportName) {
        socket.write(about.subarray(2));
        return true;
      }
      const isKnown = kind === option.go || kind === option.info;
      if (isKnown) socket.write(reply(kind, answer.info, about));
      socket.write(reply(kind, isKnown ? answer.ack : answer.unsupported));
      if (kind === option.go) return true;
    }
  }
}

function reply(kind: number, type: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(0x0003_e889_0455_65a9n, 0);
  head.writeUInt32BE(kind, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(data.length, 16);
  return Buffer.concat([head, data]);
}
