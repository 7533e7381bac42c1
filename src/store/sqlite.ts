import { createRequire } from 'node:module';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { DomainError, type ErrorCode } from '../domain/errors.ts';

export type SqliteFault = 'unique' | 'foreign-key' | 'constraint' | 'other';

/** What either driver throws, in one shape. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  readonly fault: SqliteFault;

  constructor(fault: SqliteFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** Neither driver can be loaded; the message says what to do. */
export class NoSqliteError extends Error {
  override readonly name = 'NoSqliteError';
}

/** One connection, in the shape that Kysely wants, and `exec` for pragmas. */
export interface SqliteConnection extends SqliteDatabase {
  /** Whether a transaction is open: SQLite may have ended it by itself. */
  inTransaction(): boolean;
  exec(sql: string): void;
  /** Writes the database as it is at one moment into a new file, a little at a time where the driver can. */
  copyTo(file: string): Promise<void>;
  /** May be called again. */
  close(): void;
}

/** The calls that both drivers share. */
interface Driver {
  /** Its name in libsql, and in node:sqlite. */
  readonly inTransaction?: boolean;
  readonly isTransaction?: boolean;
  exec(sql: string): void;
  close(): void;
  prepare(sql: string): DriverStatement;
}

interface DriverStatement {
  readonly reader?: boolean;
  columns(): readonly unknown[];
  all(...parameters: unknown[]): unknown[];
  run(...parameters: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
}

type DriverClass = new (file: string, options: { timeout: number }) => Driver;

interface NodeSqlite {
  readonly DatabaseSync: DriverClass;
  readonly backup: (driver: Driver, file: string) => Promise<unknown>;
}

interface LoadedDriver {
  readonly Database: DriverClass;
  /** node:sqlite takes parameters one by one; libsql takes a single null or blob for a set of names, so it gets a list. */
  readonly spread: boolean;
  /** node:sqlite copies in steps, between which others have their turn. */
  readonly copy?: (driver: Driver, file: string) => Promise<unknown>;
}

const BUSY_TIMEOUT_MS = 5_000;
/** Preparing a statement takes longer than most run; the queries of the store are about so many. */
const KEPT_STATEMENTS = 200;
const require = createRequire(import.meta.url);

/**
 * Opens a database file with the driver of this Node: its own where it is complete (from 22.16), else libsql.
 * Blobs go in and come out as Uint8Array. A file that is damaged, or a disk that is full or takes no writing, is a
 * DomainError; what else SQLite refuses is a SqliteError. Throws NoSqliteError where neither driver is there.
 */
export function openSqlite(file: string): SqliteConnection {
  const { Database, spread, copy } = loadDriver();
  const driver = guarded(() => new Database(file, { timeout: BUSY_TIMEOUT_MS }));
  let open = true;
  const statements = new Map<string, SqliteStatement>();
  const prepare = (sql: string): SqliteStatement =>
    wrapStatement(
      guarded(() => driver.prepare(sql)),
      spread,
    );
  return {
    inTransaction: () => open && (driver.inTransaction ?? driver.isTransaction ?? false),
    exec: (sql) => guarded(() => driver.exec(sql)),
    close: () => {
      if (open) guarded(() => driver.close());
      open = false;
    },
    copyTo: async (target) => {
      try {
        if (copy) await copy(driver, target);
        else driver.prepare('vacuum into ?').run(target);
      } catch (error) {
        throw translate(error);
      }
    },
    prepare: (sql) => {
      if (!isKept(sql)) return prepare(sql);
      const statement = statements.get(sql) ?? prepare(sql);
      // The one used last is the last in the map.
      statements.delete(sql);
      statements.set(sql, statement);
      const [oldest] = statements.keys();
      if (statements.size > KEPT_STATEMENTS && oldest !== undefined) statements.delete(oldest);
      return statement;
    },
  };
}

/** What may change a table's columns is prepared each time, and so is what is asked of SQLite itself. */
const isKept = (sql: string): boolean =>
  /^(select|insert|update|delete|begin|commit|savepoint|release)\b/.test(sql);

function loadDriver(): LoadedDriver {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  try {
    if (major > 22 || (major === 22 && minor >= 16)) {
      const { DatabaseSync, backup }: NodeSqlite = require('node:sqlite');
      return { Database: DatabaseSync, spread: true, copy: backup };
    }
    const Database: DriverClass = require('libsql');
    return { Database, spread: false };
  } catch (error) {
    throw new NoSqliteError(
      'no SQLite driver: use Node 22.16 or newer, or install the optional package libsql on Node 20',
      { cause: error },
    );
  }
}

function wrapStatement(statement: DriverStatement, spread: boolean): SqliteStatement {
  const bind = (parameters: readonly unknown[]): unknown[] => {
    const values = parameters.map(toDriver);
    return spread ? values : [values];
  };
  const all = (parameters: readonly unknown[]): unknown[] =>
    guarded(() => statement.all(...bind(parameters)));
  const withBytes = spread ? all : (parameters: readonly unknown[]) => withUint8Arrays(all(parameters));
  return {
    reader: guarded(() => statement.reader ?? statement.columns().length > 0),
    all: withBytes,
    run: (parameters) => guarded(() => statement.run(...bind(parameters))),
    // A cursor left open would hold back the write-ahead log, so rows are always taken at once; pages keep them few.
    iterate: (parameters) => withBytes(parameters).values(),
  };
}

/** libsql ends the whole process over a boolean, so what SQLite has no type for is stopped here. */
function toDriver(value: unknown): unknown {
  if (value === null || typeof value === 'bigint') return value;
  // libsql cuts a text at its first NUL, and PostgreSQL refuses one: exact bytes belong into a blob.
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD');
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`SQLite cannot store a value of type ${typeof value}`);
}

/** libsql answers blobs as ArrayBuffer, node:sqlite as Uint8Array. */
function withUint8Arrays(rows: unknown[]): unknown[] {
  for (const row of rows) {
    if (typeof row !== 'object' || row === null) continue;
    for (const key of Object.keys(row)) {
      const value: unknown = Reflect.get(row, key);
      if (value instanceof ArrayBuffer) Reflect.set(row, key, new Uint8Array(value));
    }
  }
  return rows;
}

function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw translate(error);
  }
}

const faultByNumber: Readonly<Record<number, SqliteFault>> = {
  1555: 'unique',
  2067: 'unique',
  787: 'foreign-key',
};

const UNWRITABLE = ['STORE_UNWRITABLE', 'the database cannot be read or written'] as const;
const DAMAGED = ['STORE_DAMAGED', 'the database cannot be used'] as const;

/** What is wrong with the file or its disk, by the kind of SQLite's error. */
const fileTroubles: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  8: UNWRITABLE,
  10: UNWRITABLE,
  11: DAMAGED,
  13: ['STORE_FULL', 'there is no room for the database to grow'],
  26: DAMAGED,
};

/** node:sqlite has SQLite's number in `errcode`, libsql in `rawCode`; the low byte is the kind of error. */
function translate(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const number = numberIn(thrown, 'errcode') ?? numberIn(thrown, 'rawCode');
  if (number === undefined) return thrown;
  const kind = number & 0xff;
  const trouble = fileTroubles[kind];
  if (trouble) return new DomainError(trouble[0], `${trouble[1]}: ${thrown.message}`, { cause: thrown });
  const fault = faultByNumber[number] ?? (kind === 19 ? 'constraint' : 'other');
  return new SqliteError(fault, thrown.message, { cause: thrown });
}

function numberIn(error: Error, key: string): number | undefined {
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'number' ? value : undefined;
}

/** Whether a row with the same unique key is there already. */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof SqliteError && error.fault === 'unique';

/** Whether a row that is referred to is missing, or one that is still referred to was to be removed. */
export const isForeignKeyViolation = (error: unknown): boolean =>
  error instanceof SqliteError && error.fault === 'foreign-key';
