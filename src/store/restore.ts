import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import { extract, type Extract } from 'tar-stream';
import { DomainError } from '../domain/errors.ts';
import { syncFolder } from '../lib/atomic-file.ts';
import type { ArtifactFiles } from './artifact-files.ts';
import { checkHead, damagedBackup, databaseEntry, headEntry, lastEntry, sha256Of } from './backup-format.ts';
import { openDatabase } from './database.ts';
import { markRestored } from './restored.ts';
import { asStoreError, databaseName } from './trouble.ts';

type Entry = Extract extends AsyncIterable<infer Item> ? Item : never;

interface RestoreParts {
  readonly dataDir: string;
  readonly artifactFiles: ArtifactFiles;
}

/** While it is being checked, and when it is ready to take the database's place. */
const incomingName = 'restore.tmp';
const stagedName = 'restore.db';
const beforeName = `${databaseName}.before-restore`;
const sqliteSuffixes = ['', '-wal', '-shm'];

const MAX_HEAD_BYTES = 4096;

/** Restores of one open store: the first that succeeds is the last, because it waits for the store to be opened anew. */
export class RestoreStage {
  readonly #parts: RestoreParts;
  #isTaken = false;

  constructor(parts: RestoreParts) {
    this.#parts = parts;
  }

  /**
   * Takes a backup in and lays its database ready, checked and with its open work settled; artifacts go where all are,
   * which harms nothing. Nothing else changes before the store is opened anew. Throws BACKUP_DAMAGED, UPLOAD_CUT,
   * STORE_FULL, and keeps nothing; RESTORE_UNDER_WAY beside another one, and after one that succeeded.
   */
  async stage(source: AsyncIterable<Uint8Array>, atMs: number): Promise<void> {
    if (this.#isTaken) throw new DomainError('RESTORE_UNDER_WAY', 'another backup is being restored already');
    this.#isTaken = true;
    try {
      await stageRestore(this.#parts, source, atMs);
    } catch (error) {
      this.#isTaken = false;
      throw asStoreError(error);
    }
  }
}

async function stageRestore(
  parts: RestoreParts,
  source: AsyncIterable<Uint8Array>,
  atMs: number,
): Promise<void> {
  const incoming = join(parts.dataDir, incomingName);
  try {
    await receive(parts, source, incoming);
    await settle(incoming, atMs);
    await syncFile(incoming);
    await rename(incoming, join(parts.dataDir, stagedName));
    await syncFolder(parts.dataDir);
  } finally {
    await removeDatabase(incoming);
  }
}

/**
 * Before the database is opened: a staged one takes its place; the one before is kept beside it, until the next time.
 * What a killed daemon left half staged is removed.
 */
export async function takeStagedRestore(dataDir: string): Promise<void> {
  await removeDatabase(join(dataDir, incomingName));
  const staged = join(dataDir, stagedName);
  if (!(await exists(staged))) return;
  // Not after an interruption: then what was there is beside it already.
  if (await exists(join(dataDir, databaseName))) await removeDatabase(join(dataDir, beforeName));
  for (const suffix of sqliteSuffixes) {
    const current = join(dataDir, databaseName + suffix);
    if (await exists(current)) await rename(current, join(dataDir, beforeName + suffix));
  }
  await rename(staged, join(dataDir, databaseName));
  await syncFolder(dataDir);
}

async function receive(
  parts: RestoreParts,
  source: AsyncIterable<Uint8Array>,
  incoming: string,
): Promise<void> {
  const tar = extract();
  const sent = pipeline(Readable.from(source, { objectMode: false }), tar);
  const taken = takeEntries(parts, tar, incoming);
  const [sending, taking] = await Promise.allSettled([sent, taken]);
  // The sender's own trouble says most; what reads the entries then only finds that they stop.
  if (sending.status === 'rejected' && sending.reason instanceof DomainError) throw sending.reason;
  if (taking.status === 'fulfilled') return;
  const error = asStoreError(taking.reason);
  if (error instanceof DomainError && error.code !== 'UPLOAD_CUT') throw error;
  throw damagedBackup('it is not a whole tar', error);
}

async function takeEntries(
  { artifactFiles }: RestoreParts,
  tar: AsyncIterable<Entry>,
  incoming: string,
): Promise<void> {
  const seen = new Set<string>();
  for await (const entry of tar) {
    const { name, size } = entry.header;
    if (seen.has(name)) throw damagedBackup('an entry is in it twice');
    if (seen.size === 0 && name !== headEntry) throw damagedBackup('it was not made by fleet98 backup');
    if (seen.has(lastEntry)) throw damagedBackup('something follows its end');
    seen.add(name);
    const sha256 = sha256Of(name);
    if (name === headEntry) checkHead(await textOf(entry));
    else if (name === databaseEntry) await takeDatabase(entry, incoming);
    else if (sha256 !== undefined) await takeArtifact(artifactFiles, entry, sha256, size);
    else if (name !== lastEntry) throw damagedBackup('it has an entry that no backup has');
    else entry.resume();
  }
  if (!seen.has(databaseEntry) || !seen.has(lastEntry)) throw damagedBackup('its end is missing');
}

/** Settles when the file is closed: one that was being opened when the backup broke off would appear afterwards. */
async function takeDatabase(entry: Entry, incoming: string): Promise<void> {
  const file = createWriteStream(incoming, { mode: 0o600 });
  const closed = new Promise<void>((resolve) => {
    file.once('close', resolve);
  });
  try {
    await pipeline(entry, file);
  } finally {
    await closed;
  }
}

async function takeArtifact(
  artifactFiles: ArtifactFiles,
  entry: Entry,
  sha256: string,
  sizeBytes: number,
): Promise<void> {
  const limits = { maxBytes: sizeBytes, expectedBytes: sizeBytes };
  const received = await artifactFiles.receive(bytesOf(entry), limits);
  if (received.sha256 !== sha256) throw damagedBackup('an artifact in it has other bytes than it should');
}

async function* bytesOf(entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of entry) if (chunk instanceof Uint8Array) yield chunk;
}

async function textOf(entry: Entry): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of bytesOf(entry)) {
    bytes += chunk.length;
    if (bytes > MAX_HEAD_BYTES) throw damagedBackup('its first entry is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Opening checks it and brings it to this fleet98's shape. */
async function settle(file: string, atMs: number): Promise<void> {
  try {
    const database = await openDatabase(file);
    try {
      await markRestored(database, atMs);
      // Only the database's own file is kept, so nothing may be left in its write-ahead log.
      await sql`pragma wal_checkpoint(truncate)`.execute(database.write);
    } finally {
      await database.close();
    }
  } catch (error) {
    const known = asStoreError(error);
    if (known instanceof DomainError && known.code !== 'STORE_DAMAGED') throw known;
    throw damagedBackup('its database cannot be read', error);
  }
}

async function removeDatabase(file: string): Promise<void> {
  for (const suffix of sqliteSuffixes) await rm(file + suffix, { force: true });
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'r');
    await handle.close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
