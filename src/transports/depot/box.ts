import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../domain/errors.ts';
import { HostFolderView } from '../../ftp/server/host-folder-view.ts';
import type { Download } from '../../ftp/server/view.ts';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import type { Clock } from '../../lib/clock.ts';
import { Arrivals } from './arrivals.ts';
import type { Visit } from './arrivals.ts';
import { MemoryFile } from './memory.ts';
import type { BoxMemory } from './memory.ts';
import type { Paper } from './names.ts';
import { Offers } from './offers.ts';

/** What a machine may leave with us: 16 logs of the usual largest size. */
const QUOTA_BYTES = 128 * 1024 * 1024;
const QUOTA_ENTRIES = 500;
const MAX_LINES = 20;
/** How long a machine that reported something is kept waiting for what comes of it. */
const LINGER_MS = 1_500;
const LINGER_LOOK_MS = 25;

export const jobIdOf = (name: string): string => name.slice(0, 8);

/** The files that an END of a job says it has beside it, name to size; undefined while the END is not whole. */
export type PromisedBy = (jobId: string, end: Uint8Array) => ReadonlyMap<string, number> | undefined;

export interface BoxOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** How often the machine is to come. */
  readonly periodMs: number;
  readonly promisedBy: PromisedBy;
}

/**
 * What lies here for one machine that comes by itself, and what it brought. It is a picture of that machine's spool as it
 * was at its last visit; nothing in it is newer than what the machine sent.
 */
export class Box {
  readonly out: HostFolderView;
  readonly offers = new Offers();
  readonly arrivals: Arrivals;
  /** The last things that were fetched and brought, oldest first. */
  readonly transcript: string[] = [];
  /** By the monotonic clock: since when the machine is waited for. */
  readonly openedMs: number;
  readonly #folder: string;
  readonly #file: MemoryFile;
  readonly #clock: Clock;
  readonly #promisedBy: PromisedBy;
  readonly #drafts = new Map<string, Uint8Array>();
  /** Downloads of jobs under way. */
  readonly #reading = new Map<string, Promise<void>>();

  private constructor(
    out: HostFolderView,
    file: MemoryFile,
    { folder, clock, periodMs, promisedBy }: BoxOptions,
  ) {
    this.#folder = folder;
    this.out = out;
    this.#file = file;
    this.#clock = clock;
    this.openedMs = clock.monotonicMs();
    this.#promisedBy = promisedBy;
    this.arrivals = new Arrivals(file.memory, clock, { periodMs, note: (line) => this.note(line) });
  }

  static async open(options: BoxOptions): Promise<Box> {
    const { folder } = options;
    const outFolder = join(folder, 'OUT');
    await mkdir(outFolder, { recursive: true, mode: 0o700 });
    const out = await HostFolderView.open({
      folder: outFolder,
      quotaBytes: QUOTA_BYTES,
      quotaEntries: QUOTA_ENTRIES,
    });
    return new Box(out, await MemoryFile.open(folder), options);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  get memory(): Readonly<BoxMemory> {
    return this.#file.memory;
  }

  note(line: string): void {
    this.transcript.push(line);
    if (this.transcript.length > MAX_LINES) this.transcript.shift();
  }

  // What the machine does.

  async takePaper(name: Paper, bytes: Uint8Array): Promise<void> {
    await writeFileAtomic(this.#paper(name), bytes);
  }

  async paper(name: Paper): Promise<Uint8Array | undefined> {
    return readIfThere(this.#paper(name));
  }

  isDropped(name: string): boolean {
    return this.memory.drops.includes(name);
  }

  /** The machine has sent everything that it wants to: what it has, and has not any more, is known. */
  async report(visit: Visit): Promise<void> {
    if (visit.hasReported) return;
    visit.hasReported = true;
    const { memory } = this.#file;
    memory.held = [...visit.held];
    memory.drops = memory.drops.filter((name) => visit.sent.has(name));
    for (const id of this.#endsIn(visit)) {
      if (!(await this.#isComplete(id))) continue;
      memory.ended.push(id);
      visit.broughtNews = true;
    }
    for (const [id, job] of Object.entries(memory.jobs)) {
      if (job.takenIn !== undefined && job.takenIn < visit.number && !this.#hasTrace(id))
        delete memory.jobs[id];
    }
    await this.#file.save();
    this.arrivals.hear();
  }

  /** Jobs whose END came in this visit for the first time, with nothing broken beside it. */
  #endsIn({ sent, spoilt }: Visit): string[] {
    const { drops, ended } = this.memory;
    const names = [...sent].filter((name) => name.endsWith('.END') && !drops.includes(name));
    return names.map(jobIdOf).filter((id) => !spoilt.has(id) && !ended.includes(id));
  }

  /**
   * Whether everything that an END promises is here. A client that is ended in the middle of a file may look like the end of
   * that file; when the same is wrong at the next visit, it is so on the machine.
   */
  async #isComplete(id: string): Promise<boolean> {
    const end = await readIfThere(this.resultFile(`${id}.END`));
    const promised = end && this.#promisedBy(id, end);
    if (!promised) return false;
    const wrong: string[] = [];
    for (const [name, size] of promised) {
      const here = await this.resultSize(name);
      if (here !== size) wrong.push(`${name}:${here ?? '-'}`);
    }
    const { doubts } = this.#file.memory;
    const doubt = wrong.join(' ');
    const isSettled = wrong.length === 0 || doubts[id] === doubt;
    if (isSettled) delete doubts[id];
    else doubts[id] = doubt;
    return isSettled;
  }

  #hasTrace(id: string): boolean {
    const { held, ended, drops } = this.memory;
    return (
      held.includes(`${id}.JOB`) ||
      held.includes(`${id}.RUN`) ||
      ended.includes(id) ||
      drops.includes(`${id}.END`) ||
      this.memory.doubts[id] !== undefined
    );
  }

  /** Until there is an order, where one may come of what the machine has just brought. */
  async linger(visit: Visit): Promise<void> {
    if (!visit.broughtNews) return;
    visit.broughtNews = false;
    const endMs = this.#clock.monotonicMs() + LINGER_MS;
    while (this.waitingJobs().length === 0 && this.#clock.monotonicMs() < endMs) {
      await this.#clock.sleep(LINGER_LOOK_MS);
    }
  }

  /** Ids of the orders that the machine has not fetched. */
  waitingJobs(): string[] {
    return Object.entries(this.memory.jobs).flatMap(([id, job]) => (job.takenIn === undefined ? [id] : []));
  }

  jobBytes(id: string): Uint8Array | undefined {
    const job = this.memory.jobs[id];
    return job && Buffer.from(job.text, 'base64');
  }

  /** Hands out an order. What is known of it is saved before its first byte goes. */
  async openJob(visit: Visit, id: string, offset: number): Promise<Download | undefined> {
    const job = this.#file.memory.jobs[id];
    const bytes = this.jobBytes(id);
    if (job === undefined || bytes === undefined) return undefined;
    job.wasTouched = true;
    let finish: (() => void) | undefined;
    this.#reading.set(
      id,
      new Promise((resolve) => {
        finish = resolve;
      }),
    );
    await this.#file.save();
    return {
      size: bytes.length,
      async *chunks() {
        yield bytes.subarray(offset);
      },
      close: async (end) => {
        if (end === 'confirmed') {
          job.takenIn = visit.number;
          this.note(`fetched IN/${id}.JOB`);
          this.arrivals.touch();
          await this.#file.save();
        }
        finish?.();
        this.#reading.delete(id);
      },
    };
  }

  async noteStaged(visit: Visit, name: string, size: number): Promise<void> {
    this.#file.memory.staged[name] = { size, visit: visit.number };
    visit.broughtNews = true;
    this.note(`fetched STAGE/${name}, ${size} bytes`);
    this.arrivals.touch();
    await this.#file.save();
  }

  // What the daemon does.

  draft(id: string, bytes: Uint8Array): void {
    this.#drafts.set(id, bytes);
  }

  dropDraft(id: string): boolean {
    return this.#drafts.delete(id);
  }

  draftSize(id: string): number | undefined {
    return this.#drafts.get(id)?.length;
  }

  /** Makes an order of a draft. */
  async publishJob(id: string): Promise<void> {
    const draft = this.#drafts.get(id);
    if (draft === undefined) throw new DomainError('FILE_NOT_FOUND', `IN/${id}.TMP is not there`);
    if (this.memory.jobs[id]) throw new DomainError('FILE_EXISTS', `IN/${id}.JOB is there already`);
    this.#file.memory.jobs[id] = { text: Buffer.from(draft).toString('base64'), wasTouched: false };
    await this.#file.save();
    this.#drafts.delete(id);
  }

  /** Where an order is, as far as is known. One that was fetched after the last report counts as begun. */
  jobState(id: string): 'waiting' | 'begun' | 'none' {
    const job = this.memory.jobs[id];
    const { held, ended } = this.memory;
    if (held.includes(`${id}.RUN`)) return 'begun';
    if (job === undefined) return held.includes(`${id}.JOB`) ? 'waiting' : 'none';
    if (job.takenIn === undefined || held.includes(`${id}.JOB`)) return 'waiting';
    return ended.includes(id) ? 'none' : 'begun';
  }

  /** Takes an order back: true only when no byte of it has gone to the machine. */
  async withdrawJob(id: string): Promise<boolean> {
    await this.#reading.get(id);
    const job = this.#file.memory.jobs[id];
    if (job === undefined || job.takenIn !== undefined) return false;
    if (job.wasTouched) {
      // It may lie there all the same; the next report tells.
      job.takenIn = this.memory.visits;
    } else {
      delete this.#file.memory.jobs[id];
    }
    await this.#file.save();
    return !job.wasTouched;
  }

  async resultSize(name: string): Promise<number | undefined> {
    if (this.isDropped(name)) return undefined;
    return (await this.out.stat([name]))?.size;
  }

  /** Where the bytes of a result lie. */
  resultFile(name: string): string {
    return join(this.#folder, 'OUT', name);
  }

  /** Forgets a result, and lets the machine delete it. */
  async dropResult(name: string): Promise<boolean> {
    const wasThere = (await this.resultSize(name)) !== undefined;
    if (!wasThere) return false;
    const { memory } = this.#file;
    memory.drops.push(name);
    if (name.endsWith('.END')) this.#forgetJob(jobIdOf(name));
    await this.#file.save();
    await rm(this.resultFile(name), { force: true });
    return true;
  }

  /** A job that is over may have moved what was staged before it. */
  #forgetJob(id: string): void {
    const { memory } = this.#file;
    const takenIn = memory.jobs[id]?.takenIn ?? memory.visits;
    delete memory.jobs[id];
    memory.ended = memory.ended.filter((one) => one !== id);
    delete memory.doubts[id];
    for (const [name, { visit }] of Object.entries(memory.staged)) {
      if (visit <= takenIn) delete memory.staged[name];
    }
  }

  async forgetStaged(name: string): Promise<boolean> {
    const isKnown = this.memory.staged[name] !== undefined;
    delete this.#file.memory.staged[name];
    if (isKnown) await this.#file.save();
    return isKnown;
  }

  #paper(name: Paper): string {
    return join(this.#folder, name);
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    if ((await stat(path)).size === 0) return undefined;
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
