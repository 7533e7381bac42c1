import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { waitFor } from './wait-for.ts';

/** A job as it lies on the machine. */
export interface TakenJob {
  readonly id: string;
  readonly token: string;
  readonly daemon: string;
}

/** An agent whose every step is the test's: it works on a spool folder from which the real one was taken away. */
export class HandAgent {
  readonly folder: string;

  constructor(spoolFolder: string) {
    this.folder = spoolFolder;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  names(folder: string): string[] {
    return readdirSync(this.path(folder)).toSorted();
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'latin1');
  }

  write(name: string, bytes: string | Uint8Array): void {
    writeFileSync(this.path(name), bytes);
  }

  append(name: string, bytes: string | Uint8Array): void {
    appendFileSync(this.path(name), bytes);
  }

  remove(name: string): void {
    rmSync(this.path(name), { force: true });
  }

  /** Waits for a job in IN; leaves it there. */
  async seeJob(): Promise<TakenJob> {
    const name = await waitFor('a job in IN', () => this.names('IN').find((one) => one.endsWith('.JOB')));
    const text = readFileSync(this.path(`IN/${name}`), 'latin1');
    const value = (key: string): string => new RegExp(`^${key}=(.*)\\r$`, 'm').exec(text)?.[1] ?? '';
    return { id: name.slice(0, 8), token: value('token'), daemon: value('daemon') };
  }

  async claim(): Promise<TakenJob> {
    const job = await this.seeJob();
    renameSync(this.path(`IN/${job.id}.JOB`), this.path(`RUN/${job.id}.RUN`));
    return job;
  }

  /** The first line of a LOG. */
  head({ id, token }: TakenJob): string {
    return `#fleet98 1 ${id} ${token} clock=hand step_us=1000 boot=1\n`;
  }

  /** A record of a LOG. */
  record(text: string, atMs = 1): string {
    return `@${atMs} o ${Buffer.byteLength(text)}\n${text}\n`;
  }

  /** The END of a run with the LOG as it lies there; `more` lines may contradict it. */
  end({ id, token, daemon }: TakenJob, reason: string, more: readonly string[] = []): string {
    const log = this.has(`OUT/${id}.LOG`) ? readFileSync(this.path(`OUT/${id}.LOG`)) : Buffer.alloc(0);
    const keys = new Set(more.map((line) => line.split('=')[0]));
    const crc = crc32(log).toString(16).toUpperCase().padStart(8, '0');
    const usual = ['v=1', `id=${id}`, `token=${token}`, `daemon=${daemon}`, 'kind=run', `reason=${reason}`];
    usual.push('exit=0', 'wall_ms=5', `log_bytes=${log.length}`, `log_crc32=${crc}`);
    const lines = usual.filter((line) => !keys.has(line.split('=')[0]));
    return [...lines, ...more, 'eof=1', ''].join('\r\n');
  }

  /** Publishes an END and lets go of the RUN. */
  finish(job: TakenJob, content: string | Uint8Array): void {
    this.write(`OUT/${job.id}.TMP`, content);
    renameSync(this.path(`OUT/${job.id}.TMP`), this.path(`OUT/${job.id}.END`));
    this.remove(`RUN/${job.id}.RUN`);
  }
}
