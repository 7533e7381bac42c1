import { createReadStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { randomHex } from '../lib/random-id.ts';
import type { ArtifactFiles } from './artifact-files.ts';
import { artifactEntry, backupFormat, databaseEntry, headEntry, lastEntry } from './backup-format.ts';
import type { Database } from './database.ts';
import { asStoreError } from './trouble.ts';

interface BackupParts {
  readonly dataDir: string;
  readonly database: Database;
  readonly artifactFiles: ArtifactFiles;
  readonly daemonId: string;
}

/**
 * Everything of the data directory as one tar, taken while the daemon works: the database as it is at one moment, and
 * every artifact that it names. The key file is not in it, so the machines' passwords cannot be read from a backup.
 * The stream fails when anything cannot be read; a reader that goes away leaves nothing behind.
 */
export async function streamBackup(parts: BackupParts, atMs: number): Promise<Readable> {
  const copy = join(parts.dataDir, `backup-${randomHex(4)}.tmp`);
  try {
    await parts.database.copyTo(copy);
  } catch (error) {
    await rm(copy, { force: true });
    throw asStoreError(error);
  }
  const tar = pack();
  void fillAndTidy(tar, parts, copy, atMs);
  // The tar is not one of Node's own streams, which an HTTP answer needs.
  return Readable.from(tar, { objectMode: false });
}

/** Removes the copies of backups that a daemon was killed at. */
export async function removeUnfinishedBackups(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (/^backup-[0-9A-F]{8}\.tmp/.test(name)) await rm(join(dataDir, name), { force: true });
  }
}

async function fillAndTidy(tar: Pack, parts: BackupParts, copy: string, atMs: number): Promise<void> {
  try {
    await fill(tar, parts, copy, atMs);
  } catch (error) {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
  } finally {
    await rm(copy, { force: true });
  }
}

async function fill(tar: Pack, parts: BackupParts, copy: string, atMs: number): Promise<void> {
  const madeAt = new Date(atMs);
  const head = { format: backupFormat, daemonId: parts.daemonId, madeAt: madeAt.toISOString() };
  tar.entry({ name: headEntry, mtime: madeAt }, `${JSON.stringify(head)}\n`);
  const { size } = await stat(copy);
  await addFile(tar, { name: databaseEntry, size, mtime: madeAt }, createReadStream(copy));
  const artifacts = await parts.database.read
    .selectFrom('artifact')
    .select(['sha256', 'sizeBytes'])
    .execute();
  for (const { sha256, sizeBytes } of artifacts) {
    const name = artifactEntry(sha256);
    await addFile(tar, { name, size: sizeBytes, mtime: madeAt }, parts.artifactFiles.open(sha256));
  }
  tar.entry({ name: lastEntry, mtime: madeAt }, '');
  tar.finalize();
}

async function addFile(
  tar: Pack,
  header: { name: string; size: number; mtime: Date },
  source: Readable,
): Promise<void> {
  await pipeline(source, tar.entry(header));
}
