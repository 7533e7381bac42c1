import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Bundle } from '../../src/domain/bundle.ts';
import type { Machine } from '../../src/domain/machine.ts';
import type { NewBundle } from '../../src/store/bundles.ts';
import type { NewMachine } from '../../src/store/machines.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import type { NewRun } from '../../src/store/runs.ts';

const folders: string[] = [];
const stores: Store[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fleet98-store-'));
  folders.push(folder);
  return folder;
}

/** An open store; it is closed after the test. */
export async function temporaryStore(dataDir?: string): Promise<Store> {
  const store = await openStore({ dataDir: dataDir ?? (await temporaryFolder()) });
  stores.push(store);
  return store;
}

export const newMachine = (name: string, more: Partial<NewMachine> = {}): NewMachine => ({
  name,
  host: '127.0.0.1',
  port: 21,
  user: 'fleet',
  labels: {},
  writeChunkBytes: 4096,
  atMs: 1000,
  ...more,
});

export const newBundle = (name: string, hash = 'a'.repeat(64), more: Partial<NewBundle> = {}): NewBundle => ({
  name,
  hash,
  folder: `B/${hash.slice(0, 8).toUpperCase()}`,
  files: [{ name: 'RUN.EXE', sha256: 'f'.repeat(64), sizeBytes: 3, crc32: '00000001' }],
  command: { exe: 'RUN.EXE', args: ['-v', { type: 'text', name: 'prompt', flag: '-i' }], keep: [] },
  engine: 'auto',
  atMs: 1000,
  ...more,
});

export const newRun = (machine: Machine, bundle: Bundle, atMs = 1000): NewRun => ({
  machineId: machine.id,
  bundleId: bundle.id,
  parameters: { prompt: 'Once' },
  limits: { limitSeconds: 60, quietSeconds: 0, logMaxBytes: 8_388_608 },
  simulated: false,
  requestedBy: 'test',
  atMs,
});

/** Two machines and a bundle, as most tests need them. */
export async function furnished(store: Store): Promise<{ one: Machine; two: Machine; bundle: Bundle }> {
  const one = await store.machines.create(newMachine('one'));
  const two = await store.machines.create(newMachine('two'));
  const { bundle } = await store.bundles.create(newBundle('story'));
  return { one, two, bundle };
}

/** Every page of a list, item by item. */
export async function everyItem<T>(
  list: (after: string | undefined) => Promise<{ items: T[]; next?: string }>,
): Promise<T[][]> {
  const pages: T[][] = [];
  for (let after: string | undefined; ;) {
    const page = await list(after);
    pages.push(page.items);
    if (page.next === undefined) return pages;
    after = page.next;
  }
}
