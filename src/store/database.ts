import {
  CamelCasePlugin,
  Kysely,
  Migrator,
  SqliteAdapter,
  SqliteDialect,
  type Dialect,
  type DialectAdapter,
  type Transaction,
} from 'kysely';
import { DomainError } from '../domain/errors.ts';
import { migrations } from './migrations/index.ts';
import type { Schema } from './schema.ts';
import { GroupCommitDialect } from './group-commit.ts';
import { openSqlite, SqliteError, type SqliteConnection } from './sqlite.ts';
import { withCommitTimes, type OnCommit } from './commit-times.ts';

export type Trx = Transaction<Schema>;
/** Either a connection or a transaction on it. */
export type Queries = Kysely<Schema>;

export interface Database {
  /** The one connection that writes; it serves one query or transaction after another. */
  readonly write: Kysely<Schema>;
  /** A second connection, so that pages are read beside a transaction; writing through it fails. */
  readonly read: Kysely<Schema>;
  /** Writes all of it, as it is at one moment, into a new file. */
  copyTo(file: string): Promise<void>;
  close(): Promise<void>;
}

/** A file up to this size is checked whole on open (about a second); of a larger one the run tables are left out. */
const WHOLE_CHECK_BYTES = 256 * 1024 * 1024;
const smallTables = ['meta', 'machine', 'machine_label', 'artifact', 'bundle', 'lane', 'placement'];

/**
 * Opens the database, checks it, and brings it to the newest shape. Throws STORE_DAMAGED or STORE_NEWER before anything
 * was written to a file that is not whole, or that a newer fleet98 made.
 */
export async function openDatabase(file: string, onCommit: OnCommit = () => {}): Promise<Database> {
  const connections: SqliteConnection[] = [];
  const closeAll = (): void => connections.forEach((connection) => connection.close());
  try {
    const write = withCommitTimes(openSqlite(file), onCommit);
    connections.push(write);
    checkWhole(write);
    write.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
    const dialect = new TransactionalDialect(write);
    const writer = makeKysely(dialect);
    await migrate(writer);
    const read = openSqlite(file);
    connections.push(read);
    read.exec('pragma query_only = on');
    const reader = makeKysely(new SqliteDialect({ database: read }));
    const close = async (): Promise<void> => {
      await reader.destroy();
      await writer.destroy();
      // Kysely does not close what it never used.
      closeAll();
    };
    const copyTo = (target: string): Promise<void> => dialect.betweenGroups(() => write.copyTo(target));
    return { write: writer, read: reader, copyTo, close };
  } catch (error) {
    closeAll();
    throw error;
  }
}

function makeKysely(dialect: Dialect): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect,
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
}

/** Kysely leaves SQLite's migrations outside of transactions; ours need no pragma that would forbid one. */
class TransactionalDialect extends GroupCommitDialect {
  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter();
  }
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function checkWhole(connection: SqliteConnection): void {
  const pages = numberFrom(connection, 'pragma page_count');
  const pageBytes = numberFrom(connection, 'pragma page_size');
  const known = new Set(rows(connection, "select name from sqlite_master where type = 'table'").map(firstOf));
  const checks =
    pages * pageBytes <= WHOLE_CHECK_BYTES
      ? ['pragma quick_check(1)']
      : smallTables.filter((table) => known.has(table)).map((table) => `pragma quick_check(${table})`);
  for (const check of checks) {
    const answer = String(firstOf(rows(connection, check)[0]));
    if (answer !== 'ok') throw damaged(answer);
  }
}

async function migrate(database: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({
    db: database.withoutPlugins(),
    provider: { getMigrations: async () => ({ ...migrations }) },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof SqliteError || error instanceof DomainError || results?.length) throw error;
  // No migration was tried: the file has one that is not in our list.
  const last = Object.keys(migrations).at(-1) ?? 'none';
  throw new DomainError('STORE_NEWER', `the newest change of the database that this one knows is ${last}`, {
    cause: error,
  });
}

function damaged(what: string, cause?: unknown): DomainError {
  return new DomainError('STORE_DAMAGED', `the database cannot be used: ${what}`, { cause });
}

function rows(connection: SqliteConnection, query: string): unknown[] {
  return connection.prepare(query).all([]);
}

const firstOf = (row: unknown): unknown =>
  typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined;

const numberFrom = (connection: SqliteConnection, query: string): number =>
  Number(firstOf(rows(connection, query)[0]));
