import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once as nextEvent } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extract, pack } from 'tar-stream';
import { afterAll, describe, expect, test } from 'vitest';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { furnished, newMachine, newRun, temporaryFolder, temporaryStore } from './fixtures.ts';

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

/** All that a stream has. */
async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const backupOf = async (store: Store): Promise<Buffer> => bytesOf(await store.backup(5_000));

async function addArtifact(store: Store, bytes: Uint8Array): Promise<string> {
  const { head: _, ...received } = await store.artifactFiles.receive(once(bytes), { maxBytes: 1e9 });
  const filename = 'M.BIN';
  await store.artifacts.insert({ ...received, filename, kind: 'other', facts: {}, createdAtMs: 1 });
  return received.sha256;
}

interface TarEntry {
  readonly name: string;
  readonly bytes: Buffer;
}

/** A tar taken apart, changed, and put together again. */
async function rebuilt(tar: Buffer, change: (entries: TarEntry[]) => TarEntry[]): Promise<Buffer> {
  const reader = extract();
  reader.end(tar);
  const entries: TarEntry[] = [];
  for await (const entry of reader) {
    entries.push({ name: entry.header.name, bytes: await bytesOf(entry) });
  }
  const writer = pack();
  for (const { name, bytes } of change(entries)) writer.entry({ name }, bytes);
  writer.finalize();
  return bytesOf(writer);
}

const withBytes =
  (wanted: string, bytes: Buffer) =>
  (entries: TarEntry[]): TarEntry[] =>
    entries.map((entry) => (entry.name.startsWith(wanted) ? { ...entry, bytes } : entry));

/** 6 MiB; undefined where this user may not make one. */
function mountSmallDisk(): string | undefined {
  const place = mkdtempSync(join(tmpdir(), 'fleet98-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', place], { stdio: 'ignore' });
    return place;
  } catch {
    rmSync(place, { recursive: true });
    return undefined;
  }
}

describe('a backup', () => {
  test('brings everything back into another data directory, but no password', async () => {
    const store = await temporaryStore();
    const { one, bundle } = await furnished(store);
    await store.machines.create(newMachine('locked', { password: 'tarantula-77' }));
    const model = randomBytes(300_000);
    const sha256 = await addArtifact(store, model);
    const [run] = await store.runs.create([newRun(one, bundle)]);
    await store.runLogs.append(run?.id ?? 0, 0, Buffer.from('#fleet98 1 '));
    const tar = await backupOf(store);
    expect(tar.includes('tarantula-77')).toBe(false);

    const dataDir = await temporaryFolder();
    const other = await openStore({ dataDir });
    await other.machines.create(newMachine('of-the-other'));
    await other.stageRestore(once(tar), 9_000);
    expect(await other.machines.findByName('one'), 'before it is opened anew').toBeUndefined();
    await other.close();

    const again = await temporaryStore(dataDir);
    expect(again.daemonId).toBe(store.daemonId);
    expect((await again.machines.all()).map(({ name }) => name)).toEqual(['locked', 'one', 'two']);
    const locked = await again.machines.findByName('locked');
    await expect(again.machines.password(locked?.id ?? '')).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect(await bytesOf(again.artifactFiles.open(sha256))).toEqual(model);
    expect(await again.runs.get(run?.id ?? 0)).toMatchObject({ state: 'canceled', code: 'RESTORED' });
    expect(Buffer.from(await again.runLogs.read(run?.id ?? 0, 0, 100)).toString()).toBe('#fleet98 1 ');
    expect(readdirSync(dataDir).toSorted()).toContain('fleet98.db.before-restore');
  });

  test('is the state of one moment, while others write', async () => {
    const store = await temporaryStore();
    const { one, bundle } = await furnished(store);
    const stream = await store.backup(5_000);
    await store.runs.create([newRun(one, bundle)]);
    await store.stageRestore(once(await bytesOf(stream)), 9_000);
  });

  test('leaves nothing behind when its reader goes away', async () => {
    const dataDir = await temporaryFolder();
    const store = await temporaryStore(dataDir);
    await addArtifact(store, randomBytes(3_000_000));
    const stream = await store.backup(5_000);
    await new Promise((resolve) => stream.once('data', resolve));
    stream.destroy();
    await expect.poll(() => readdirSync(dataDir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('a restore', () => {
  test.each<[string, (tar: Buffer) => Buffer | Promise<Buffer>]>([
    ['is empty', () => Buffer.alloc(0)],
    ['is something else', () => Buffer.from('hello '.repeat(1000))],
    ['is cut in the head', (tar) => tar.subarray(0, 300)],
    ['is cut in the database', (tar) => tar.subarray(0, 20_000)],
    ['is cut before its end', (tar) => tar.subarray(0, tar.length - 2048)],
    ['has no last entry', (tar) => rebuilt(tar, (entries) => entries.slice(0, -1))],
    [
      'has no database',
      (tar) => rebuilt(tar, (entries) => entries.filter(({ name }) => name !== 'fleet98.db')),
    ],
    [
      'has its database twice',
      (tar) => rebuilt(tar, ([a, b, ...rest]) => [a, b, b, ...rest].filter((e) => !!e)),
    ],
    ['begins with another entry', (tar) => rebuilt(tar, (entries) => entries.toReversed())],
    [
      'has an entry behind its end',
      (tar) => rebuilt(tar, (e) => [...e, { name: 'x', bytes: Buffer.alloc(1) }]),
    ],
    [
      'wants to write elsewhere',
      (tar) => rebuilt(tar, ([a, ...e]) => (a ? [a, { name: '../../key', bytes: a.bytes }, ...e] : [])),
    ],
    ['has other bytes in an artifact', (tar) => rebuilt(tar, withBytes('artifacts/', Buffer.from('other')))],
    [
      'has a database of nonsense',
      (tar) => rebuilt(tar, withBytes('fleet98.db', Buffer.from('x'.repeat(9000)))),
    ],
    ['has a head of nonsense', (tar) => rebuilt(tar, withBytes('fleet98.json', Buffer.from('{')))],
    ['has a huge head', (tar) => rebuilt(tar, withBytes('fleet98.json', Buffer.alloc(5000, ' ')))],
    ['is of a later format', (tar) => rebuilt(tar, withBytes('fleet98.json', Buffer.from('{"format":2}')))],
  ])('changes nothing when the backup %s', async (_what, damage) => {
    const dataDir = await temporaryFolder();
    const store = await openStore({ dataDir });
    await addArtifact(store, randomBytes(5_000));
    const damaged = await damage(await backupOf(store));
    await store.machines.create(newMachine('here'));
    await expect(store.stageRestore(once(damaged), 9_000)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    await store.close();
    const left = readdirSync(dataDir).filter((name) => !/-(wal|shm)$/.test(name));
    expect(left.toSorted()).toEqual(['artifacts', 'fleet98.db', 'key']);
    const again = await temporaryStore(dataDir);
    expect(await again.machines.findByName('here')).toBeDefined();
  });

  test('that was interrupted between two renames goes on at the next start', async () => {
    const dataDir = await temporaryFolder();
    const store = await openStore({ dataDir });
    await furnished(store);
    const tar = await backupOf(store);
    await store.machines.create(newMachine('later'));
    await store.stageRestore(once(tar), 9_000);
    await store.close();
    await rename(join(dataDir, 'fleet98.db'), join(dataDir, 'fleet98.db.before-restore'));
    writeFileSync(join(dataDir, 'fleet98.db-wal'), 'what a killed daemon left');
    const again = await temporaryStore(dataDir);
    expect((await again.machines.all()).map(({ name }) => name)).toEqual(['one', 'two']);
    expect(existsSync(join(dataDir, 'restore.db'))).toBe(false);
  });

  test('is refused beside another one, and after one that succeeded; not after one that failed', async () => {
    const store = await temporaryStore();
    await furnished(store);
    const tar = await backupOf(store);
    const gate = new AbortController();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield tar.subarray(0, 3_000);
      if (!gate.signal.aborted) await nextEvent(gate.signal, 'abort');
    }
    const cut = store.stageRestore(slow(), 9_000);
    const refused = { code: 'RESTORE_UNDER_WAY', message: expect.not.stringContaining('/') };
    await expect(store.stageRestore(once(tar), 9_000)).rejects.toMatchObject(refused);
    gate.abort();
    await expect(cut).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    await store.stageRestore(once(tar), 9_000);
    await expect(store.stageRestore(once(tar), 9_000)).rejects.toMatchObject(refused);
  });

  test('keeps the state before it, and nothing of the one before that', async () => {
    const dataDir = await temporaryFolder();
    const store = await openStore({ dataDir });
    await furnished(store);
    await store.stageRestore(once(await backupOf(store)), 9_000);
    await store.close();
    for (const suffix of ['', '-wal', '-shm']) {
      writeFileSync(join(dataDir, `fleet98.db.before-restore${suffix}`), 'of an earlier restore');
    }
    await temporaryStore(dataDir);
    const before = openSqlite(join(dataDir, 'fleet98.db.before-restore'));
    expect(before.prepare('select name from machine').all([])).toHaveLength(2);
    before.close();
    for (const suffix of ['-wal', '-shm']) {
      const path = join(dataDir, `fleet98.db.before-restore${suffix}`);
      if (existsSync(path)) expect(readFileSync(path, 'latin1')).not.toContain('earlier');
    }
  });
});

test('what a killed daemon left of a backup and of a restore is removed', async () => {
  const dataDir = await temporaryFolder();
  await (await openStore({ dataDir })).close();
  for (const name of [
    'backup-0123ABCD.tmp',
    'backup-0123ABCD.tmp-journal',
    'restore.tmp',
    'restore.tmp-wal',
  ]) {
    writeFileSync(join(dataDir, name), 'half');
  }
  await temporaryStore(dataDir);
  expect(readdirSync(dataDir).filter((name) => /tmp/.test(name))).toEqual([]);
});

describe('a full disk', () => {
  const place = mountSmallDisk();
  afterAll(() => {
    if (place === undefined) return;
    execFileSync('umount', ['-l', place]);
    rmSync(place, { recursive: true });
  });

  test.skipIf(place === undefined)('is no fault of the backup that is restored', async () => {
    const large = await temporaryStore();
    await addArtifact(large, randomBytes(8_000_000));
    const withArtifact = await backupOf(large);
    const long = await temporaryStore();
    for (let index = 0; index < 40; index++) {
      const label = 'x'.repeat(200_000);
      await long.machines.create(newMachine(`pc${index}`, { labels: { label } }));
    }
    const withDatabase = await backupOf(long);
    const store = await openStore({ dataDir: place ?? '' });
    for (const tar of [withArtifact, withDatabase]) {
      await expect(store.stageRestore(once(tar), 9_000)).rejects.toMatchObject({ code: 'STORE_FULL' });
    }
    expect(readdirSync(place ?? '').filter((name) => name.startsWith('restore'))).toEqual([]);
    await store.close();
  });
});
