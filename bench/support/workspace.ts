import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders of one bench, removed when it ends, however it ends. */
export class Workspace {
  /** On the disk of this host. */
  readonly folder = mkdtempSync(join(tmpdir(), 'fleet98-bench-'));
  /** In memory where the host has room for `bytes` there: the disks of simulated machines are not what is measured. */
  readonly disks: string;
  readonly isInMemory: boolean;

  constructor(bytes = 0) {
    const memory = '/dev/shm';
    this.isInMemory = existsSync(memory) && freeBytes(memory) > bytes;
    this.disks = mkdtempSync(join(this.isInMemory ? memory : this.folder, 'fleet98-bench-'));
    process.once('exit', () => this.#remove());
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  }

  #remove(): void {
    for (const folder of [this.disks, this.folder]) rmSync(folder, { recursive: true, force: true });
  }
}

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
