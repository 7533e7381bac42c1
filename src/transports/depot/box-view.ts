import { asDomainError } from '../../domain/errors.ts';
import { FixedView } from '../../ftp/server/fixed-view.ts';
import type { Download, Entry, Upload, UploadStart, View, ViewPath } from '../../ftp/server/view.ts';
import { ViewRefusal } from '../../ftp/server/view.ts';
import type { Pieces } from '../../lib/pieces.ts';
import type { Visit } from './arrivals.ts';
import { jobIdOf } from './box.ts';
import type { Box } from './box.ts';
import { readSentName } from './names.ts';
import type { Offer } from './offers.ts';
import { SmallUpload } from './small-upload.ts';
import { tidyBatch, workList } from './work-lists.ts';

/** A program that the machine may fetch. */
export interface AgentFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface BoxViewOptions {
  readonly box: Box;
  readonly address: string;
  /** Whether a MACHINE.ID is the one that this machine was given. */
  readonly isOwnId: (bytes: Uint8Array) => boolean;
  /** Handed out until the machine has shown it for the first time. */
  readonly idFile: Uint8Array;
  readonly agentFiles: readonly AgentFile[];
  readonly nowMs: () => number;
}

const topFolders = ['AGENT', 'ID', 'IN', 'OUT'] as const;
type TopFolder = (typeof topFolders)[number];

type Place =
  | { readonly folder: 'root' | 'STAGE' | TopFolder }
  | { readonly in: 'STAGE' | TopFolder; readonly name: string };

/** What the ring of an old network card holds. */
const CHUNK_BYTES = 8192;

const missing = (): ViewRefusal => new ViewRefusal('missing');

function placeOf(path: ViewPath): Place {
  const [said, second, ...deeper] = path;
  if (said === undefined) return { folder: 'root' };
  const first = topFolders.find((one) => one === said);
  if (first === undefined) throw missing();
  if (second === undefined) return { folder: first };
  if (first === 'IN' && second === 'STAGE') {
    const [name, ...rest] = deeper;
    if (name === undefined) return { folder: 'STAGE' };
    if (rest.length > 0) throw missing();
    return { in: 'STAGE', name };
  }
  if (deeper.length > 0) throw missing();
  return { in: first, name: second };
}

/**
 * What a machine that comes by itself sees: IN with its orders, IN/STAGE with its files, OUT for what it brings, AGENT, and
 * ID with its MACHINE.ID until it has shown that.
 * IN is empty until it has shown its MACHINE.ID: that begins a visit. One object per login.
 */
export class BoxView extends FixedView implements View {
  readonly codepage = 'cp437';
  readonly showsShortNames = false;
  readonly #options: BoxViewOptions;
  readonly #box: Box;
  #hasSaidId = false;

  constructor(options: BoxViewOptions) {
    super();
    this.#options = options;
    this.#box = options.box;
  }

  async names(folder: ViewPath): Promise<readonly string[]> {
    return (await this.list(folder)).map(({ name }) => name);
  }

  async list(folder: ViewPath): Promise<readonly Entry[]> {
    const place = placeOf(folder);
    if (!('folder' in place)) throw new ViewRefusal((await this.stat(folder)) ? 'not-a-folder' : 'missing');
    if (place.folder === 'root') return topFolders.map((name) => this.#folder(name));
    if (place.folder === 'AGENT' || place.folder === 'ID') {
      return this.#gifts(place.folder).map(({ name, bytes }) => this.#file(name, bytes.length));
    }
    // Nobody needs to see what was brought; a client that wants to go on with a file asks for that one.
    if (place.folder === 'OUT') return [];
    const visit = await this.#fetching();
    if (place.folder === 'IN') return this.#inFolder(visit);
    return visit ? this.#box.offers.list().map(({ name, size }) => this.#file(name, size)) : [];
  }

  async stat(path: ViewPath): Promise<Entry | undefined> {
    let place: Place;
    try {
      place = placeOf(path);
    } catch {
      return undefined;
    }
    if ('folder' in place) return this.#folder(path.at(-1) ?? '');
    if (place.in === 'OUT') return this.#sent(place.name);
    const entries = await this.list(path.slice(0, -1));
    return entries.find(({ name }) => name === path.at(-1));
  }

  async keptSize(path: ViewPath): Promise<number | undefined> {
    const place = placeOf(path);
    const isResult = 'in' in place && place.in === 'OUT' && readSentName(place.name)?.kind === 'result';
    return isResult ? this.#box.out.keptSize([place.name.toUpperCase()]) : undefined;
  }

  async read(path: ViewPath, offset: number): Promise<Download> {
    const place = placeOf(path);
    if (!('in' in place) || place.in === 'OUT') throw missing();
    if (place.in === 'AGENT' || place.in === 'ID') {
      return plainDownload(this.#gifts(place.in).find(({ name }) => name === place.name)?.bytes, offset);
    }
    const visit = await this.#fetching();
    if (visit === undefined) throw missing();
    if (place.in === 'STAGE') return this.#staged(visit, place.name, offset);
    const list = await this.#lists(visit, place.name);
    if (list) return plainDownload(list, offset);
    const size = this.#box.jobBytes(jobIdOf(place.name))?.length ?? 0;
    if (offset > size) throw new ViewRefusal('bad-offset');
    const download = await this.#box.openJob(visit, jobIdOf(place.name), offset);
    if (download === undefined) throw missing();
    return download;
  }

  async upload(path: ViewPath, start: UploadStart, bytes?: number): Promise<Upload> {
    const place = placeOf(path);
    const said = 'in' in place ? readSentName(place.name) : undefined;
    if (!('in' in place) || said === undefined) throw new ViewRefusal('bad-name');
    if (place.in !== 'OUT') throw new ViewRefusal('read-only');
    if (said.kind === 'paper' && said.name === 'MACHINE.ID') {
      return new SmallUpload(async (paper) => {
        await this.#box.takePaper('MACHINE.ID', paper);
        this.#meet(paper);
      });
    }
    const visit = this.#box.arrivals.from(this.#options.address);
    if (visit === undefined) {
      if (said.kind !== 'paper' && !this.#hasSaidId) this.#box.arrivals.missId();
      throw new ViewRefusal('read-only');
    }
    if (said.kind === 'paper') return new SmallUpload((paper) => this.#box.takePaper(said.name, paper));
    if (said.kind === 'mark') {
      visit.held.add(said.name);
      return new SmallUpload(async () => {});
    }
    return this.#result(visit, said.name, start, bytes);
  }

  #gifts(folder: 'AGENT' | 'ID'): readonly AgentFile[] {
    const { agentFiles, idFile } = this.#options;
    if (folder === 'AGENT') return agentFiles;
    return this.#box.memory.isIdShown ? [] : [{ name: 'MACHINE.ID', bytes: idFile }];
  }

  #meet(paper: Uint8Array): void {
    this.#hasSaidId = true;
    if (this.#options.isOwnId(paper)) this.#box.arrivals.begin(this.#options.address);
    else this.#box.arrivals.refuse();
  }

  /** A machine that fetches has told all that it has; one that did not say who it is gets nothing. */
  async #fetching(): Promise<Visit | undefined> {
    const visit = this.#box.arrivals.from(this.#options.address);
    if (visit) await this.#box.report(visit);
    return visit;
  }

  async #inFolder(visit: Visit | undefined): Promise<readonly Entry[]> {
    const stage = this.#folder('STAGE');
    if (visit === undefined) return [stage];
    await this.#box.linger(visit);
    return [
      stage,
      this.#file('LIST.TXT', this.#workList().length),
      this.#file('TIDY.BAT', tidyBatch(this.#box.memory.drops).length),
      ...this.#jobs(),
    ];
  }

  /** Files of IN that are made when they are asked for. */
  async #lists(visit: Visit, name: string): Promise<Uint8Array | undefined> {
    if (name === 'TIDY.BAT') return tidyBatch(this.#box.memory.drops);
    if (name !== 'LIST.TXT') return undefined;
    await this.#box.linger(visit);
    return this.#workList();
  }

  #workList(): Uint8Array {
    const staged = this.#box.offers.list().map(({ name, size }) => ({ path: `STAGE/${name}`, size }));
    const jobs = this.#jobs().map(({ name, size }) => ({ path: name, size }));
    return workList([...staged, ...jobs], this.#box.memory.drops);
  }

  #jobs(): readonly Entry[] {
    const box = this.#box;
    return box.waitingJobs().map((id) => this.#file(`${id}.JOB`, box.jobBytes(id)?.length ?? 0));
  }

  async #sent(said: string): Promise<Entry | undefined> {
    const sent = readSentName(said);
    if (sent?.kind !== 'result') return undefined;
    const size = await this.#box.resultSize(sent.name);
    return size === undefined ? undefined : this.#file(sent.name, size);
  }

  async #result(visit: Visit, name: string, start: UploadStart, bytes: number | undefined): Promise<Upload> {
    visit.sent.add(name);
    // What is safe with us need not come again; TIDY tells the machine to delete it.
    if (this.#box.isDropped(name)) throw new ViewRefusal('read-only');
    const spoil = () => visit.spoilt.add(jobIdOf(name));
    let upload: Upload;
    try {
      upload = await this.#box.out.upload([name], start, bytes);
    } catch (error) {
      spoil();
      throw error;
    }
    const box = this.#box;
    return {
      write: (more) => upload.write(more),
      sync: () => upload.sync(),
      async publish() {
        await upload.publish();
        box.note(`brought OUT/${name}`);
        box.arrivals.touch();
      },
      keep() {
        spoil();
        return upload.keep();
      },
    };
  }

  #staged(visit: Visit, name: string, offset: number): Download {
    const offer = this.#box.offers.find(name);
    if (offer === undefined) throw missing();
    if (offset > offer.size) throw new ViewRefusal('bad-offset');
    const box = this.#box;
    return {
      size: offer.size,
      chunks: () => watched(box, offer, offset),
      async close(end) {
        if (end !== 'confirmed') return;
        await box.noteStaged(visit, name, offer.size);
        box.offers.settle(offer);
      },
    };
  }

  #file(name: string, size: number): Entry {
    return { name, kind: 'file', size, modifiedMs: this.#options.nowMs() };
  }

  #folder(name: string): Entry {
    return { name, kind: 'folder', size: 0, modifiedMs: this.#options.nowMs() };
  }
}

/** The bytes of an offer as they go; whoever offered it hears of them, and of what is wrong with its source. */
async function* watched(box: Box, offer: Offer, offset: number): AsyncGenerator<Uint8Array> {
  let sent = offset;
  try {
    const pieces: Pieces = offer.open(offset);
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; at += CHUNK_BYTES) {
        // The server keeps a chunk for longer than its source does.
        const chunk = Uint8Array.from(piece.subarray(at, at + CHUNK_BYTES));
        yield chunk;
        sent += chunk.length;
        offer.onProgress?.(sent);
        box.arrivals.touch();
      }
    }
  } catch (error) {
    box.offers.fail(offer, asDomainError(error));
    throw error;
  }
}

function plainDownload(bytes: Uint8Array | undefined, offset: number): Download {
  if (bytes === undefined) throw missing();
  if (offset > bytes.length) throw new ViewRefusal('bad-offset');
  return {
    size: bytes.length,
    async *chunks() {
      yield bytes.subarray(offset);
    },
    close: () => Promise.resolve(),
  };
}
