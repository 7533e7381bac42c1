import { createHash, randomBytes } from 'node:crypto';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Artifact } from '../../src/domain/artifact.ts';
import { ArtifactFiles } from '../../src/store/artifact-files.ts';
import { everyItem, temporaryFolder, temporaryStore } from './fixtures.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function* pieces(bytes: Uint8Array, size = 1000): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* cut(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
  throw new Error('socket hang up');
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

/** As a sender does: a piece is used until the one after the next is asked for. */
async function collectPieces(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let before: Uint8Array = new Uint8Array();
  for await (const piece of source) {
    parts.push(before.slice());
    before = piece;
  }
  return Buffer.concat([...parts, before]);
}

/** Every file below a folder, by its path in there. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

const artifact = (digit: string, more: Partial<Artifact> = {}): Artifact => ({
  sha256: digit.repeat(64),
  sizeBytes: 5,
  crc32: '0000ABCD',
  filename: 'RUN.EXE',
  kind: 'executable',
  facts: { format: 'PE', bits: 32, console: true },
  createdAtMs: 5,
  ...more,
});

describe('artifacts', () => {
  test('are known by their sha256; the first word stands', async () => {
    const store = await temporaryStore();
    const first = artifact('a');
    expect(await store.artifacts.insert(first)).toEqual(first);
    expect(await store.artifacts.insert(artifact('a', { filename: 'OTHER', createdAtMs: 9 }))).toEqual(first);
    expect(await store.artifacts.get(first.sha256)).toEqual(first);
    expect(await store.artifacts.get('b'.repeat(64))).toBeUndefined();
  });

  test('are listed in pages, by kind', async () => {
    const store = await temporaryStore();
    for (const digit of 'abcde') {
      await store.artifacts.insert(artifact(digit, { kind: digit < 'c' ? 'checkpoint' : 'text' }));
    }
    const digits = async (kind?: Artifact['kind']) =>
      (await everyItem((after) => store.artifacts.list({ limit: 2, after, kind }))).map((page) =>
        page.map((one) => one.sha256[0]).join(''),
      );
    expect(await digits()).toEqual(['ab', 'cd', 'e']);
    expect(await digits('text')).toEqual(['cd', 'e']);
    expect(await digits('checkpoint')).toEqual(['ab']);
  });
});

describe('the files of artifacts', () => {
  test.each([0, 1, 4095, 4096, 4097, 65_535, 65_536, 65_537, 131_072, 300_000, 1_000_000])(
    'take in %i bytes',
    async (size) => {
      const folder = await temporaryFolder();
      const files = await ArtifactFiles.open(folder);
      const bytes = randomBytes(size);
      const received = await files.receive(pieces(bytes), { maxBytes: size, expectedBytes: size });
      expect(received).toEqual({
        sha256: sha256(bytes),
        crc32: crc32(bytes).toString(16).toUpperCase().padStart(8, '0'),
        sizeBytes: size,
        head: new Uint8Array(bytes.subarray(0, 4096)),
      });
      const path = `${received.sha256.slice(0, 2)}/${received.sha256.slice(2)}`;
      expect(await filesIn(folder)).toEqual([path]);
      expect((await readFile(join(folder, path))).equals(bytes)).toBe(true);
      expect((await stat(join(folder, path))).mode & 0o777).toBe(0o600);
      expect(await files.has(received.sha256)).toBe(true);
      expect((await collect(files.open(received.sha256))).equals(bytes)).toBe(true);
      const from = Math.floor(size / 3);
      expect((await collectPieces(files.pieces(received.sha256, from))).equals(bytes.subarray(from))).toBe(
        true,
      );
      expect(await files.readAt(received.sha256, from, 100)).toEqual(
        new Uint8Array(bytes.subarray(from, from + 100)),
      );
      expect(await files.readAt(received.sha256, size, 100)).toEqual(new Uint8Array());
    },
  );

  test.each([
    ['cut', { maxBytes: 9999 }, cut(Buffer.alloc(500)), 'UPLOAD_CUT'],
    ['too short', { maxBytes: 9999, expectedBytes: 501 }, pieces(Buffer.alloc(500)), 'UPLOAD_CUT'],
    ['too long', { maxBytes: 9999, expectedBytes: 499 }, pieces(Buffer.alloc(500)), 'UPLOAD_CUT'],
    ['too large', { maxBytes: 499 }, pieces(Buffer.alloc(500), 100), 'BODY_TOO_LARGE'],
  ])('keep nothing of an upload that is %s', async (_, options, source, code) => {
    const folder = await temporaryFolder();
    const files = await ArtifactFiles.open(folder);
    await expect(files.receive(source, options)).rejects.toMatchObject({ name: 'DomainError', code });
    expect(await filesIn(folder)).toEqual([]);
  });

  test('take the same file twice, also at the same time', async () => {
    const folder = await temporaryFolder();
    const files = await ArtifactFiles.open(folder);
    const bytes = randomBytes(50_000);
    const answers = await Promise.all(
      [1, 2, 3].map(() => files.receive(pieces(bytes), { maxBytes: 50_000 })),
    );
    expect(new Set(answers.map((answer) => answer.sha256))).toEqual(new Set([sha256(bytes)]));
    expect(await filesIn(folder)).toHaveLength(1);
  });

  test('remove what an upload left when the daemon was killed', async () => {
    const folder = await temporaryFolder();
    await ArtifactFiles.open(folder);
    await writeFile(join(folder, 'tmp', 'LEFTOVER'), 'half');
    await ArtifactFiles.open(folder);
    expect(await filesIn(folder)).toEqual([]);
  });

  test('say NOT_FOUND for what is not there, and refuse what is no sha256', async () => {
    const files = await ArtifactFiles.open(await temporaryFolder());
    const nothing = '0'.repeat(64);
    expect(await files.has(nothing)).toBe(false);
    await expect(files.readAt(nothing, 0, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(collect(files.open(nothing))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(files.has('../../etc/passwd')).rejects.toMatchObject({ code: 'BUG' });
  });

  test('close what is read only in part', async () => {
    const files = await ArtifactFiles.open(await temporaryFolder());
    const { sha256: name } = await files.receive(pieces(Buffer.alloc(2_000_000), 65_536), {
      maxBytes: 9e9,
    });
    const stream = files.open(name);
    for await (const part of stream) {
      expect(part.length).toBeGreaterThanOrEqual(64 * 1024);
      break;
    }
    expect(stream.destroyed).toBe(true);
  });
});
