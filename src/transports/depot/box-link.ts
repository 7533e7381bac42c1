import { open } from 'node:fs/promises';
import { DomainError } from '../../domain/errors.ts';
import type { Pieces } from '../../lib/pieces.ts';
import type { Link, LinkAbilities, ServerFacts, UploadOptions } from '../transport.ts';
import { jobIdOf } from './box.ts';
import type { Box } from './box.ts';
import { readSpoolPath } from './names.ts';

const CHUNK_BYTES = 65_536;

export interface BoxLinkOptions {
  readonly box: Box;
  /** How often the machine is to come. */
  readonly periodMs: number;
  /** How long it has not come, or shown another face; undefined while all is well. */
  readonly trouble: () => DomainError | undefined;
}

const notThere = (path: string): DomainError =>
  new DomainError('FILE_NOT_FOUND', `${path} was not brought by the machine`);
const closed = (): DomainError => new DomainError('LINK_LOST', 'the session was closed');

/**
 * A session with a machine that comes by itself: reads what it brought, and lays out what it shall fetch. An upload lasts
 * until it has fetched the file.
 */
export class BoxLink implements Link {
  readonly abilities: LinkAbilities;
  readonly transcript: readonly string[];
  readonly #box: Box;
  readonly #trouble: BoxLinkOptions['trouble'];
  readonly #offered = new Set<string>();
  readonly #watch: NodeJS.Timeout;
  #isOpen = true;

  constructor({ box, periodMs, trouble }: BoxLinkOptions) {
    this.#box = box;
    this.#trouble = trouble;
    this.transcript = box.transcript;
    this.abilities = { restartRead: true, dataConnections: [], visits: { periodMs } };
    // Whoever waits for the machine must hear that it does not come.
    this.#watch = setInterval(() => this.#fail(trouble()), Math.max(periodMs / 4, 50));
    this.#watch.unref();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async describeServer(): Promise<ServerFacts> {
    this.#check();
    return { banner: '', syst: '', feat: [] };
  }

  async size(path: string): Promise<number | undefined> {
    this.#check();
    const place = readSpoolPath(path);
    const box = this.#box;
    if (place.kind === 'paper') return (await box.paper(place.name))?.length;
    if (place.kind === 'staged') return box.memory.staged[place.name]?.size;
    if (place.kind === 'job-draft') return box.draftSize(place.id);
    if (place.kind === 'result') {
      const isEarly = place.isEnd && !box.memory.ended.includes(jobIdOf(place.name));
      return isEarly ? undefined : box.resultSize(place.name);
    }
    if (place.kind === 'elsewhere') return undefined;
    const wanted = place.kind === 'job' ? 'waiting' : 'begun';
    return box.jobState(place.id) === wanted ? (box.jobBytes(place.id)?.length ?? 0) : undefined;
  }

  async read(path: string, options: { fromByte?: number; maxBytes: number }): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    await this.stream(path, options, async (bytes) => {
      pieces.push(bytes);
    });
    return Buffer.concat(pieces);
  }

  async stream(
    path: string,
    options: { fromByte?: number; maxBytes: number },
    take: (bytes: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const { fromByte = 0, maxBytes } = options;
    if ((await this.size(path)) === undefined) throw notThere(path);
    let left = maxBytes;
    for await (const piece of this.#bytesOf(path, fromByte)) {
      this.#check();
      if (left > 0) await take(piece.subarray(0, left));
      if (piece.length > left) {
        throw new DomainError('REPLY_TOO_LARGE', `${path} has more than ${fromByte + maxBytes} bytes`);
      }
      left -= piece.length;
    }
  }

  async list(folder: string): Promise<string[]> {
    this.#check();
    if (folder !== 'OUT') return [];
    const names = await this.#box.out.names([]);
    return names.filter((name) => !this.#box.isDropped(name));
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.#check();
    const place = readSpoolPath(path);
    if (place.kind === 'job-draft') this.#box.draft(place.id, Uint8Array.from(bytes));
    else await this.upload(path, () => [bytes], { size: bytes.length });
  }

  async upload(path: string, from: (fromByte: number) => Pieces, options: UploadOptions): Promise<void> {
    this.#check();
    const place = readSpoolPath(path);
    if (place.kind !== 'staged') {
      throw new DomainError('WRITE_REFUSED', `${path} cannot be written on a machine that comes by itself`);
    }
    const { size, onProgress } = options;
    await this.#box.forgetStaged(place.name);
    this.#offered.add(place.name);
    try {
      await this.#box.offers.make({ name: place.name, size, open: from, onProgress });
    } finally {
      this.#offered.delete(place.name);
    }
  }

  async rename(from: string, to: string): Promise<void> {
    this.#check();
    const draft = readSpoolPath(from);
    const job = readSpoolPath(to);
    if (draft.kind !== 'job-draft' || job.kind !== 'job' || draft.id !== job.id) {
      throw new DomainError('WRITE_REFUSED', `${from} cannot be renamed to ${to} from here`);
    }
    await this.#box.publishJob(job.id);
  }

  async remove(path: string): Promise<boolean> {
    this.#check();
    const place = readSpoolPath(path);
    switch (place.kind) {
      case 'job':
        return this.#box.withdrawJob(place.id);
      case 'job-draft':
        return this.#box.dropDraft(place.id);
      case 'result':
        return this.#box.dropResult(place.name);
      case 'staged':
        return this.#box.forgetStaged(place.name);
      default:
        return false;
    }
  }

  async makeFolder(): Promise<void> {
    this.#check();
  }

  async folderExists(): Promise<boolean> {
    this.#check();
    return true;
  }

  async loginFolder(): Promise<string | undefined> {
    return undefined;
  }

  async askEndServer(): Promise<boolean> {
    return false;
  }

  yield(): Promise<boolean> {
    return Promise.reject(new DomainError('BUG', 'there is no server on a machine that comes by itself'));
  }

  async close(): Promise<void> {
    this.#fail(closed());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(): void {
    if (!this.#isOpen) throw closed();
    const trouble = this.#trouble();
    if (trouble === undefined) return;
    this.#fail(trouble);
    throw trouble;
  }

  #fail(error: DomainError | undefined): void {
    if (error === undefined || !this.#isOpen) return;
    this.#isOpen = false;
    clearInterval(this.#watch);
    this.#box.offers.withdraw([...this.#offered], error);
  }

  async *#bytesOf(path: string, fromByte: number): AsyncGenerator<Uint8Array> {
    const place = readSpoolPath(path);
    if (place.kind === 'paper') {
      const paper = await this.#box.paper(place.name);
      if (paper) yield paper.subarray(fromByte);
      return;
    }
    if (place.kind !== 'result') throw notThere(path);
    yield* fileBytes(this.#box.resultFile(place.name), fromByte, path);
  }
}

async function* fileBytes(file: string, fromByte: number, path: string): AsyncGenerator<Uint8Array> {
  let handle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw notThere(path);
    throw error;
  }
  try {
    for (let at = fromByte; ;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
