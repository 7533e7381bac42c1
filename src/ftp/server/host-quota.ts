import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './host-errors.ts';
import type { HostPaths } from './host-paths.ts';
import { ViewRefusal } from './view.ts';

export interface QuotaOptions {
  readonly bytes: number;
  /** Files and folders. */
  readonly entries: number;
}

/** How much of a folder is used, with what is kept of broken uploads, and who has to go when it is full. */
export class HostQuota {
  readonly #paths: HostPaths;
  readonly #limit: QuotaOptions;
  readonly #isActive: (part: string) => boolean;
  #bytes = 0;
  #entries = 0;

  constructor(paths: HostPaths, limit: QuotaOptions, isActive: (part: string) => boolean) {
    this.#paths = paths;
    this.#limit = limit;
    this.#isActive = isActive;
  }

  /** Counts anew: others than clients put files here and take them away, too. */
  async recount(): Promise<void> {
    const counted = await count(this.#paths.root);
    this.#bytes = counted.bytes;
    this.#entries = counted.entries;
  }

  checkNewEntry(): void {
    if (this.#entries >= this.#limit.entries) throw new ViewRefusal('quota');
  }

  /** Room for so many bytes, at the cost of broken uploads that nobody goes on with; refused as `quota`. */
  async checkRoom(bytes: number): Promise<void> {
    if (this.#bytes + bytes <= this.#limit.bytes) return;
    await this.dropParts(Number.POSITIVE_INFINITY);
    await this.recount();
    if (this.#bytes + bytes > this.#limit.bytes) throw new ViewRefusal('quota');
  }

  async grow(bytes: number): Promise<void> {
    await this.checkRoom(bytes);
    this.#bytes += bytes;
  }

  /** Removes what is kept of uploads that broke before this moment. */
  async dropParts(beforeMs: number): Promise<void> {
    for (const name of await namesIn(this.#paths.parts)) {
      const part = join(this.#paths.parts, name);
      const { mtimeMs } = (await statOf(part)) ?? { mtimeMs: Number.POSITIVE_INFINITY };
      if (mtimeMs < beforeMs && !this.#isActive(part)) await rm(part, { force: true });
    }
  }
}

async function count(folder: string): Promise<{ bytes: number; entries: number }> {
  let bytes = 0;
  let entries = 0;
  for (const name of await namesIn(folder)) {
    const stats = await statOf(join(folder, name));
    if (stats === undefined) continue;
    entries += 1;
    if (stats.isDirectory()) {
      const inside = await count(join(folder, name));
      bytes += inside.bytes;
      entries += inside.entries;
    } else {
      bytes += stats.size;
    }
  }
  return { bytes, entries };
}

const namesIn = (folder: string): Promise<readonly string[]> => unlessGone(readdir(folder), []);

const statOf = (path: string) => unlessGone(lstat(path), undefined);

async function unlessGone<T, U>(work: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return otherwise;
    throw error;
  }
}
