import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { furnished, newRun, temporaryFolder, temporaryStore } from './fixtures.ts';

const ROW_BYTES = 64 * 1024;

async function runsIn(store: Store, count: number): Promise<number[]> {
  const { one, bundle } = await furnished(store);
  const runs = await store.runs.create(Array.from({ length: count }, () => newRun(one, bundle)));
  return runs.map((run) => run.id);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

/** Cuts at the given places, sorted and within the bytes. */
function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [
    0,
    ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

/** All at once: the appends of one run queue in their order, so they may share transactions. */
async function appendAll(store: Store, runId: number, parts: readonly Uint8Array[]): Promise<void> {
  let offset = 0;
  const appends: Promise<void>[] = [];
  for (const part of parts) {
    appends.push(store.runLogs.append(runId, offset, part));
    offset += part.length;
  }
  await Promise.all(appends);
}

describe('the log of a run', () => {
  test('is empty at first', async () => {
    const store = await temporaryStore();
    const [run = 0] = await runsIn(store, 1);
    expect(await store.runLogs.end(run)).toBe(0);
    expect(await store.runLogs.read(run, 0, 100)).toEqual(new Uint8Array());
    expect(await collect(store.runLogs.chunks(run, 0))).toHaveLength(0);
    await store.runLogs.merge(run);
    await store.runLogs.append(run, 0, new Uint8Array());
    expect(await store.runLogs.end(run)).toBe(0);
  });

  test('takes each byte exactly once', async () => {
    const store = await temporaryStore();
    const [run = 0] = await runsIn(store, 1);
    await store.runLogs.append(run, 0, Buffer.from('abc'));
    for (const [offset, bytes] of [
      [0, 'abc'],
      [2, 'cd'],
      [4, 'e'],
      [2, ''],
      [-1, 'x'],
    ] as const) {
      await expect(store.runLogs.append(run, offset, Buffer.from(bytes))).rejects.toMatchObject({
        code: 'BUG',
      });
    }
    await store.runLogs.append(run, 3, Buffer.from('de'));
    expect(await store.runLogs.end(run)).toBe(5);
    expect((await collect(store.runLogs.chunks(run, 0))).toString()).toBe('abcde');
    await expect(store.runLogs.append(999, 0, Buffer.from('x'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('is not held up by the refused appends of others in the same transaction', async () => {
    const store = await temporaryStore();
    const [one = 0, two = 0] = await runsIn(store, 2);
    const answers = await Promise.allSettled([
      store.runLogs.append(one, 0, Buffer.from('one')),
      store.runLogs.append(two, 7, Buffer.from('gap')),
      store.runLogs.append(999, 0, Buffer.from('nowhere')),
      store.runLogs.append(one, 0, Buffer.from('twice')),
      store.runLogs.append(one, 3, Buffer.from(' more')),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect((await collect(store.runLogs.chunks(one, 0))).toString()).toBe('one more');
    expect(await store.runLogs.end(two)).toBe(0);
  });

  test('gives back any part of it, before and after the merge', async () => {
    const store = await temporaryStore();
    const [run = 0, other = 0] = await runsIn(store, 2);
    const bytes = randomBytes(3 * ROW_BYTES + 123);
    const places = Array.from({ length: 300 }, (_, index) => index * 641);
    await appendAll(store, run, cutAt(bytes, places));
    await appendAll(store, other, [Buffer.from('not mine')]);
    const look = async (): Promise<void> => {
      expect(await store.runLogs.end(run)).toBe(bytes.length);
      expect((await collect(store.runLogs.chunks(run, 0))).equals(bytes)).toBe(true);
      for (const from of [
        0,
        1,
        640,
        641,
        642,
        ROW_BYTES - 1,
        ROW_BYTES,
        bytes.length - 1,
        bytes.length,
        9e9,
      ]) {
        expect((await collect(store.runLogs.chunks(run, from))).equals(bytes.subarray(from))).toBe(true);
        for (const most of [1, 700, ROW_BYTES + 1]) {
          const part = await store.runLogs.read(run, from, most);
          expect(Buffer.from(part).equals(bytes.subarray(from, from + most))).toBe(true);
        }
      }
      expect((await collect(store.runLogs.chunks(other, 0))).toString()).toBe('not mine');
    };
    await look();
    await store.runLogs.merge(run);
    await look();
    await store.runLogs.append(run, bytes.length, Buffer.from('!'));
    expect(await store.runLogs.end(run)).toBe(bytes.length + 1);
  });

  test('is merged into rows of 64 KiB; a large append becomes several', async () => {
    const dataDir = await temporaryFolder();
    const store = await temporaryStore(dataDir);
    const [run = 0, large = 0] = await runsIn(store, 2);
    const bytes = randomBytes(2 * ROW_BYTES + 5);
    await appendAll(
      store,
      run,
      cutAt(
        bytes,
        Array.from({ length: 200 }, (_, index) => index * 700),
      ),
    );
    await store.runLogs.append(large, 0, bytes);
    const database = openSqlite(`${dataDir}/fleet98.db`);
    const lengths = (id: number) =>
      database
        .prepare('select length(bytes) from run_log where run_id = ? order by start_offset')
        .all([id])
        .map((row) => Object.values(row ?? {})[0]);
    expect(lengths(run).length).toBeGreaterThan(100);
    await store.runLogs.merge(run);
    await store.runLogs.merge(run);
    expect(lengths(run)).toEqual([ROW_BYTES, ROW_BYTES, 5]);
    expect(lengths(large)).toEqual([ROW_BYTES, ROW_BYTES, 5]);
    database.close();
  });

  test('is the same however it was cut', async () => {
    const store = await temporaryStore();
    const ids = await runsIn(store, 60);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2000 }),
        fc.array(fc.nat(2000), { maxLength: 20 }),
        fc.nat(2500),
        fc.integer({ min: 1, max: 2500 }),
        async (bytes, places, from, most) => {
          const run = ids.pop() ?? 0;
          await appendAll(store, run, cutAt(bytes, places));
          expect(await store.runLogs.read(run, from, most)).toEqual(bytes.slice(from, from + most));
          await store.runLogs.merge(run);
          expect(await store.runLogs.read(run, from, most)).toEqual(bytes.slice(from, from + most));
        },
      ),
      { numRuns: 50 },
    );
  });

  test('is on the disk when the store is closed right after the append', async () => {
    const dataDir = await temporaryFolder();
    const store = await temporaryStore(dataDir);
    const [run = 0] = await runsIn(store, 1);
    await store.runLogs.append(run, 0, Buffer.from('a'));
    const late = store.runLogs.append(run, 1, Buffer.from('b'));
    await store.close();
    await late;
    const again = await temporaryStore(dataDir);
    expect((await collect(again.runLogs.chunks(run, 0))).toString()).toBe('ab');
    await expect(store.runLogs.append(run, 2, Buffer.from('c'))).rejects.toMatchObject({ code: 'BUG' });
  });
});
