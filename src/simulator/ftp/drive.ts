import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import type { KnobBoard } from '../knobs.ts';
import { inClusters, usedBytes } from '../used-space.ts';
import { DiskError } from './disk-error.ts';
import { fileClosed, type DiskReader, type DiskWriter } from './disk-streams.ts';

type OpenFile = DiskReader | DiskWriter;

/** The disk of one PC as all its sessions share it: whatever changes it goes through here, until the power is cut. */
export class Drive {
  readonly root: string;
  readonly #knobs: KnobBoard;
  readonly #openFiles = new Set<OpenFile>();
  readonly #changes = new Set<Promise<unknown>>();
  #isOff = false;

  constructor(root: string, knobs: KnobBoard) {
    this.root = root;
    this.#knobs = knobs;
  }

  /** Opens a file for a transfer. */
  open<T extends OpenFile>(openFile: () => T): T {
    this.#needPower();
    const file = openFile();
    this.#openFiles.add(file);
    file.once(fileClosed, () => this.#openFiles.delete(file));
    return file;
  }

  /** Changes a folder of the disk. */
  async change<T>(act: () => Promise<T>): Promise<T> {
    this.#needPower();
    const change = act();
    this.#changes.add(change);
    try {
      return await change;
    } finally {
      this.#changes.delete(change);
    }
  }

  /** How many bytes the disk takes from a position of a file on; null: from its end. */
  async room(file: FileHandle, position: number | null): Promise<number> {
    const { diskKb } = this.#knobs.now;
    if (diskKb === 0) return Number.POSITIVE_INFINITY;
    const { size } = await file.stat();
    const freeBytes = Math.max(0, diskKb * 1024 - usedBytes(this.root));
    return inClusters(size) + freeBytes - (position ?? size);
  }

  /** Stops everything at once; settles when nothing can touch the disk any more. */
  async cutPower(): Promise<void> {
    this.#isOff = true;
    const closed = [...this.#openFiles].map((file) => {
      const done = once(file, fileClosed);
      file.destroy();
      return done;
    });
    await Promise.allSettled([...closed, ...this.#changes]);
  }

  #needPower(): void {
    if (this.#isOff) throw new DiskError('Disk error');
  }
}
