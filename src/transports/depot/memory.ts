import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../domain/errors.ts';
import { writeFileAtomic } from '../../lib/atomic-file.ts';

/** An order on its way. */
export interface BoxedJob {
  /** The job file, as base64. */
  readonly text: string;
  /** Some of it may have got to the machine: that it never started cannot be promised any more. */
  wasTouched: boolean;
  /** The visit in which the machine fetched it whole. */
  takenIn?: number;
}

/** What a box remembers beside the files that its machine sent. */
export interface BoxMemory {
  /** It has come with its MACHINE.ID; before that it may fetch it. */
  isIdShown: boolean;
  /** Where it came from last, and when. */
  last?: { readonly address: string; readonly atMs: number };
  /** Visits so far. */
  visits: number;
  /** By job id. */
  jobs: Record<string, BoxedJob>;
  /** Files that the machine fetched whole into its STAGE, and the visit in which it did: name to size. */
  staged: Record<string, { readonly size: number; readonly visit: number }>;
  /** Results that the machine shall delete. */
  drops: string[];
  /** Orders that the machine still had when it reported last, as `1234ABCD.RUN`. */
  held: string[];
  /** Jobs of which everything was sent, so that their END may be believed. */
  ended: string[];
  /** Of ENDs beside which something else lay than they promise: what that was, by job id. */
  doubts: Record<string, string>;
}

const nothing = (): BoxMemory => ({
  isIdShown: false,
  visits: 0,
  jobs: {},
  staged: {},
  drops: [],
  held: [],
  ended: [],
  doubts: {},
});

/** Saves what a box remembers, one state after the other; each save has the state of its beginning. */
export class MemoryFile {
  readonly memory: BoxMemory;
  readonly #path: string;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(path: string, memory: BoxMemory) {
    this.#path = path;
    this.memory = memory;
  }

  static async open(folder: string): Promise<MemoryFile> {
    const path = join(folder, 'BOX.JSON');
    return new MemoryFile(path, (await load(path)) ?? nothing());
  }

  /** Nothing is saved from now on, as another daemon may have the file. Settles when nothing is being written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  save(): Promise<void> {
    if (this.#isClosed) throw new DomainError('LINK_LOST', 'the daemon is stopping');
    const write = () => writeFileAtomic(this.#path, JSON.stringify(this.memory));
    const saved = this.#last.then(write, write);
    this.#last = saved.catch(() => undefined);
    return saved;
  }
}

async function load(path: string): Promise<BoxMemory | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  // Nobody but `save` writes it, and always whole.
  const saved: BoxMemory = JSON.parse(text);
  return { ...nothing(), ...saved };
}
