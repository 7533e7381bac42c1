import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/**
 * Plays the agent of one machine for one run: claims its job, writes a LOG that follows docs/agent-protocol.md, and
 * publishes the END. An engine for each of hundreds of machines would only measure the engines.
 */
export class FakeAgent {
  readonly #spool: string;
  #id = '';
  #job = '';
  #startedMs = 0;
  #words = 0;
  #crc = 0;
  #bytes = 0;
  readonly #pieces: Buffer[] = [];

  constructor(diskFolder: string) {
    this.#spool = join(diskFolder, 'FLEET98');
  }

  /** The whole LOG as it was written. */
  get log(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  /** Bytes in the LOG so far. */
  get bytes(): number {
    return this.#bytes;
  }

  get words(): number {
    return this.#words;
  }

  /** Takes the job that waits in IN, if one does, and begins its LOG. */
  claim(): boolean {
    const name = readdirSync(join(this.#spool, 'IN')).find((file) => /^[0-9A-F]{8}\.JOB$/.test(file));
    if (name === undefined) return false;
    this.#id = name.slice(0, 8);
    renameSync(join(this.#spool, 'IN', name), this.#path('RUN', 'RUN'));
    this.#job = readFileSync(this.#path('RUN', 'RUN'), 'latin1');
    this.#startedMs = performance.now();
    this.#append(`#fleet98 1 ${this.#id} ${this.#value('token')} clock=bench step_us=1 boot=1\n`);
    return true;
  }

  /** Adds so many words to the LOG, each a record of its own. */
  speak(words: number): void {
    const atMs = (performance.now() - this.#startedMs).toFixed(3);
    let records = '';
    for (let index = 0; index < words; index += 1) {
      const word = ` word${(this.#words += 1)}`;
      records += `@${atMs} o ${word.length}\n${word}\n`;
    }
    this.#append(records);
  }

  /** Publishes the END. */
  end(): void {
    const lines = [
      'v=1',
      `id=${this.#id}`,
      `token=${this.#value('token')}`,
      `daemon=${this.#value('daemon')}`,
      'kind=run',
      'reason=exited',
      'exit=0',
      `wall_ms=${Math.round(performance.now() - this.#startedMs)}`,
      `log_bytes=${this.#bytes}`,
      `log_crc32=${this.#crc.toString(16).toUpperCase().padStart(8, '0')}`,
      'eof=1',
    ];
    writeFileSync(this.#path('OUT', 'TMP'), `${lines.join('\r\n')}\r\n`);
    renameSync(this.#path('OUT', 'TMP'), this.#path('OUT', 'END'));
    rmSync(this.#path('RUN', 'RUN'));
  }

  /** Whether the daemon has cleared the run's files away, as it does when all is in its store. */
  isCollected(): boolean {
    return !existsSync(this.#path('OUT', 'END'));
  }

  #append(text: string): void {
    const piece = Buffer.from(text, 'latin1');
    const descriptor = openSync(this.#path('OUT', 'LOG'), 'a');
    writeSync(descriptor, piece);
    closeSync(descriptor);
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    this.#crc = crc32(piece, this.#crc);
  }

  #path(folder: string, ending: string): string {
    return join(this.#spool, folder, `${this.#id}.${ending}`);
  }

  #value(key: string): string {
    return new RegExp(`^${key}=(.*?)\r?$`, 'm').exec(this.#job)?.[1] ?? '';
  }
}
