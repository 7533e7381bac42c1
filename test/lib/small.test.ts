import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeFileAtomic } from '../../src/lib/atomic-file.ts';
import { crc32Hex } from '../../src/lib/crc32.ts';
import { takePidLock } from '../../src/lib/pid-lock.ts';
import { randomHex } from '../../src/lib/random-id.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleet98-lib-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('crc32Hex', () => {
  test.each([
    ['', '00000000'],
    ['123456789', 'CBF43926'],
    ['\x00', 'D202EF8D'],
  ])('of %j is %s', (text, crc) => {
    expect(crc32Hex(Buffer.from(text))).toBe(crc);
  });

  test('goes on from any place', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), (bytes, place) => {
        const at = place % (bytes.length + 1);
        expect(crc32Hex(bytes.subarray(at), crc32Hex(bytes.subarray(0, at)))).toBe(crc32Hex(bytes));
        expect(crc32Hex(bytes)).toMatch(/^[0-9A-F]{8}$/);
      }),
    );
  });
});

test('randomHex gives other digits each time', () => {
  const ids = Array.from({ length: 100 }, () => randomHex(8));
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[0-9A-F]{16}$/);
});

describe('writeFileAtomic', () => {
  test('makes and replaces a file with its mode, and leaves nothing else', async () => {
    const file = join(folder, 'file');
    await writeFileAtomic(file, 'old', { mode: 0o600 });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFileAtomic(file, new Uint8Array([1, 2]));
    expect(await readFile(file)).toEqual(Buffer.from([1, 2]));
    expect(await readdir(folder)).toEqual(['file']);
  });

  test('leaves nothing when it fails', async () => {
    await mkdir(join(folder, 'taken', 'inside'), { recursive: true });
    await expect(writeFileAtomic(join(folder, 'taken'), 'x')).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['taken']);
  });
});

describe('takePidLock', () => {
  test('is held until it is released', async () => {
    const file = join(folder, 'lock');
    const lock = await takePidLock(file);
    expect(await takePidLock(file)).toEqual({ heldBy: process.pid });
    expect(await readFile(file, 'latin1')).toMatch(new RegExp(`^${process.pid} \\S+\\n$`));
    if (!('release' in lock)) throw new Error('not taken');
    lock.release();
    lock.release();
    expect(await readdir(folder)).toEqual([]);
    const again = await takePidLock(file);
    if ('release' in again) again.release();
    expect(again).toHaveProperty('release');
  });

  test('goes to one of many who ask at once', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => takePidLock(join(folder, 'lock'))));
    expect(answers.filter((answer) => 'release' in answer)).toHaveLength(1);
    for (const answer of answers) if ('release' in answer) answer.release();
  });

  test.each([
    ['of a process that is gone', '2147483646 -\n'],
    ['of an earlier process with our id', `${process.pid} 1\n`],
    ['of an earlier process with a living one’s id', `${process.ppid} 1\n`],
    ['that was never written', ''],
    ['that was cut', '12'],
    ['that is something else', 'hello\n'],
  ])('takes over a lock %s', async (_, text) => {
    const file = join(folder, 'lock');
    await writeFile(file, text);
    const lock = await takePidLock(file);
    expect(await readFile(file, 'latin1')).toContain(`${process.pid} `);
    expect(await readdir(folder)).toEqual(['lock']);
    if (!('release' in lock)) throw new Error('not taken');
    lock.release();
  });

  test.each(['-', undefined])('respects a living process (start %s)', async (start) => {
    const file = join(folder, 'lock');
    const started =
      start ?? (await readFile(`/proc/${process.ppid}/stat`, 'latin1')).split(') ')[1]?.split(' ')[19];
    await writeFile(file, `${process.ppid} ${started}\n`);
    expect(await takePidLock(file)).toEqual({ heldBy: process.ppid });
    expect(await readdir(folder)).toEqual(['lock']);
  });
});
