import {
  CompiledQuery,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
} from 'kysely';
import type { SqliteConnection } from './sqlite.ts';

/**
 * Kysely's dialect for the connection that writes: what is written within one turn of the event loop shares one COMMIT,
 * because each one flushes the disk, and the daemon can do nothing else meanwhile. Every statement and transaction still
 * resolves only when it is on the disk, and fails when the COMMIT does.
 */
export class GroupCommitDialect extends SqliteDialect {
  readonly #driver: GroupCommitDriver;

  constructor(database: SqliteConnection) {
    super({ database });
    this.#driver = new GroupCommitDriver(database);
  }

  override createDriver(): Driver {
    return this.#driver;
  }

  /** Begins `use` while no transaction is open. */
  betweenGroups<T>(use: () => T | Promise<T>): Promise<T> {
    return this.#driver.betweenGroups(use);
  }
}

const nothing = (): void => {};

/** Those that share one COMMIT. */
class Group {
  readonly committed: Promise<void>;
  #end: (error: unknown) => void = nothing;
  #isOpen = true;

  constructor() {
    this.committed = new Promise((resolve, reject) => {
      this.#end = (error) => (error === undefined ? resolve() : reject(error));
    });
    // Whoever caused the failure has it already, and may be the only member.
    this.committed.catch(nothing);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  end(error?: unknown): void {
    this.#isOpen = false;
    this.#end(error);
  }
}

/** Kysely's own driver, with one member at a time on its one connection and a COMMIT after many of them. */
class GroupCommitDriver implements Driver {
  readonly #db: SqliteConnection;
  readonly #inner: SqliteDriver;
  #connection: DatabaseConnection | undefined;
  #lastTurn: Promise<void> = Promise.resolve();
  #group: Group | undefined;

  constructor(db: SqliteConnection) {
    this.#db = db;
    this.#inner = new SqliteDriver({ database: db });
  }

  async init(): Promise<void> {
    await this.#inner.init();
    this.#connection = await this.#inner.acquireConnection();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return new Member(this, await this.#turn());
  }

  beginTransaction(connection: DatabaseConnection): Promise<void> {
    return asMember(connection).begin();
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return asMember(connection).commit();
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return asMember(connection).rollback();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    asMember(connection).endTurn();
  }

  async destroy(): Promise<void> {
    await this.betweenGroups(nothing);
    await this.#inner.destroy();
  }

  async betweenGroups<T>(use: () => T | Promise<T>): Promise<T> {
    const endTurn = await this.#turn();
    try {
      await this.#commit();
      return use();
    } finally {
      endTurn();
    }
  }

  /** The group that whoever has the turn belongs to. */
  async join(): Promise<Group> {
    if (this.#group === undefined) {
      await this.run('begin');
      this.#group = new Group();
      setImmediate(() => void this.betweenGroups(nothing));
    }
    return this.#group;
  }

  run(sql: string): Promise<QueryResult<unknown>> {
    return this.execute(CompiledQuery.raw(sql));
  }

  async execute<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#connection === undefined) throw new Error('the driver is not initialized');
    try {
      return await this.#connection.executeQuery<R>(query);
    } catch (error) {
      // Over a full or broken disk SQLite takes back the whole transaction by itself, with all that is in it.
      if (!this.#db.inTransaction()) this.#endGroup(error);
      throw error;
    }
  }

  async #commit(): Promise<void> {
    if (this.#group === undefined) return;
    try {
      await this.run('commit');
      this.#endGroup();
    } catch (error) {
      this.#endGroup(error);
      if (this.#db.inTransaction()) await this.run('rollback');
    }
  }

  #endGroup(error?: unknown): void {
    this.#group?.end(error);
    this.#group = undefined;
  }

  /** One after another, in the order of asking; resolves with the function that ends the turn. */
  async #turn(): Promise<() => void> {
    const before = this.#lastTurn;
    let endTurn = nothing;
    this.#lastTurn = new Promise((resolve) => {
      endTurn = resolve;
    });
    await before;
    return endTurn;
  }
}

/** One user of the connection: a transaction, or a statement by itself. */
class Member implements DatabaseConnection {
  /** Others have their turn while this one waits for its COMMIT: that is what makes a group. */
  readonly endTurn: () => void;
  readonly #driver: GroupCommitDriver;
  #transaction: Group | undefined;

  constructor(driver: GroupCommitDriver, endTurn: () => void) {
    this.#driver = driver;
    this.endTurn = endTurn;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#transaction !== undefined) {
      // After a failure of the whole group this statement would be committed by itself.
      if (!this.#transaction.isOpen) await this.#transaction.committed;
      return this.#driver.execute(query);
    }
    const group = await this.#driver.join();
    const result = await this.#driver.execute<R>(query);
    this.endTurn();
    await group.committed;
    return result;
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are always taken at once');
  }

  async begin(): Promise<void> {
    const group = await this.#driver.join();
    await this.#driver.run('savepoint member');
    this.#transaction = group;
  }

  async commit(): Promise<void> {
    const group = this.#transaction;
    await this.#driver.run('release member');
    this.#transaction = undefined;
    this.endTurn();
    await group?.committed;
  }

  /** Nothing is left to do where the whole group has ended. */
  async rollback(): Promise<void> {
    const group = this.#transaction;
    this.#transaction = undefined;
    if (group?.isOpen !== true) return;
    await this.#driver.run('rollback to member');
    await this.#driver.run('release member');
  }
}

function asMember(connection: DatabaseConnection): Member {
  if (connection instanceof Member) return connection;
  throw new Error('this connection is of another driver');
}
