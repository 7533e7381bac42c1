import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../domain/errors.ts';
import type { Database } from './database.ts';

export const databaseName = 'fleet98.db';

const MIB = 1_048_576;
/** With less the daemon calls itself not ready: room for the write-ahead log and for what the runs bring in. */
const LEAST_FREE_MIB = 64;

const withCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

/** What the file system says of a full or write-protected disk, as an error of the table; anything else as it is. */
export function asStoreError(thrown: unknown): unknown {
  if (withCode(thrown, 'ENOSPC', 'EDQUOT', 'EFBIG')) {
    return new DomainError('STORE_FULL', 'the disk of the data directory is full', { cause: thrown });
  }
  if (withCode(thrown, 'EROFS', 'EIO')) {
    return new DomainError('STORE_UNWRITABLE', 'the disk of the data directory takes no writing', {
      cause: thrown,
    });
  }
  return thrown;
}

/** Why nothing can be saved in this data directory, found out by saving something; undefined: all is well. */
export async function findTrouble(dataDir: string, database: Database): Promise<DomainError | undefined> {
  try {
    const { bavail, bsize } = await statfs(dataDir);
    const freeMib = Math.floor((bavail * bsize) / MIB);
    if (freeMib < LEAST_FREE_MIB) {
      return new DomainError('STORE_FULL', `the disk of the data directory has only ${freeMib} MiB left`);
    }
    const seen = { key: 'ready_at', value: new Date().toISOString() };
    await database.write
      .insertInto('meta')
      .values(seen)
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: seen.value }))
      .execute();
    await database.read.selectFrom('meta').select('key').limit(1).execute();
    return undefined;
  } catch (thrown) {
    const error = asStoreError(thrown);
    if (error instanceof DomainError) return error;
    return new DomainError('STORE_UNWRITABLE', 'the database does not answer', { cause: thrown });
  }
}

/** Bytes of the database and its write-ahead log. */
export async function databaseBytes(dataDir: string): Promise<number> {
  const sizes = ['', '-wal'].map(async (suffix) => {
    const found = await stat(join(dataDir, `${databaseName}${suffix}`)).catch(() => undefined);
    return found?.size ?? 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
