import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { migrations } from '../../src/store/migrations/index.ts';
import { isForeignKeyViolation, isUniqueViolation, openSqlite, SqliteError } from '../../src/store/sqlite.ts';
import { temporaryFolder } from './fixtures.ts';

async function table() {
  const database = openSqlite(join(await temporaryFolder(), 'test.db'));
  database.exec('pragma foreign_keys = on');
  database.exec('create table parent (id integer primary key, name text unique, data blob)');
  database.exec('create table child (parent integer not null references parent (id))');
  return {
    ...database,
    run: (sql: string, ...parameters: unknown[]) => database.prepare(sql).run(parameters),
    all: (sql: string, ...parameters: unknown[]) =>
      database
        .prepare(sql)
        .all(parameters)
        .map((row) => ({ ...Object(row) })),
  };
}

const errorOf = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('the SQLite driver', () => {
  test('takes and gives numbers, texts, nulls and bytes, also as the only value', async () => {
    const database = await table();
    const values = [
      0,
      -1.5,
      Number.MAX_SAFE_INTEGER,
      '',
      'ä😀',
      null,
      new Uint8Array(),
      new Uint8Array([0, 255]),
    ];
    for (const value of values) expect(database.all('select ? as value', value)).toEqual([{ value }]);
    const part = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
    expect(database.all('select ? as a, ? as b', part, 'x')).toEqual([{ a: new Uint8Array([1, 2]), b: 'x' }]);
    expect(database.all('select ? as value', Buffer.from('hi'))).toEqual([
      { value: new Uint8Array([104, 105]) },
    ]);
    database.close();
  });

  test.each([[true], [undefined], [new Date()], [{}], [[1]], [Number.NaN], [Number.POSITIVE_INFINITY]])(
    'refuses %s as a value',
    async (value) => {
      const database = await table();
      expect(() => database.run('insert into parent (name) values (?)', value)).toThrow(TypeError);
      expect(database.all('select * from parent')).toEqual([]);
      database.close();
    },
  );

  test('tells how many rows changed and which came', async () => {
    const database = await table();
    expect(Number(database.run("insert into parent (name) values ('a'), ('b')").changes)).toBe(2);
    expect(database.prepare('select 1').reader).toBe(true);
    expect(database.prepare('insert into parent (name) values (?) returning id').reader).toBe(true);
    expect(database.prepare('delete from parent').reader).toBe(false);
    expect([...database.prepare('select name from parent order by id').iterate([])]).toHaveLength(2);
    database.close();
    database.close();
  });

  test('throws one kind of error', async () => {
    const database = await table();
    database.run("insert into parent values (1, 'a', null)");
    const fault = (sql: string) => errorOf(() => database.run(sql));
    expect(isUniqueViolation(fault("insert into parent values (2, 'a', null)"))).toBe(true);
    expect(isUniqueViolation(fault("insert into parent values (1, 'b', null)"))).toBe(true);
    expect(isForeignKeyViolation(fault('insert into child values (9)'))).toBe(true);
    expect(fault('insert into child values (null)')).toMatchObject({
      name: 'SqliteError',
      fault: 'constraint',
    });
    expect(fault('select nonsense')).toBeInstanceOf(SqliteError);
    expect(fault('select nonsense')).toMatchObject({ fault: 'other' });
    expect(
      errorOf(() => database.all("insert into parent values (3, 'a', null) returning id")),
    ).toMatchObject({
      fault: 'unique',
    });
    database.close();
  });
});

describe('the database', () => {
  test('is durable, checks references, and reads beside a transaction', async () => {
    const database = await openDatabase(join(await temporaryFolder(), 'test.db'));
    const { read, write } = database;
    const insert = (db: typeof write, key: string) =>
      db.insertInto('meta').values({ key, value: '1' }).execute();
    await expect(insert(read, 'a')).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    await expect(
      write
        .insertInto('runLog')
        .values({ runId: 9, startOffset: 0, bytes: new Uint8Array(1) })
        .execute(),
    ).rejects.toMatchObject({ fault: 'foreign-key' });
    const keys = async () => (await read.selectFrom('meta').select('key').execute()).map((row) => row.key);
    await write.transaction().execute(async (trx) => {
      await trx.insertInto('meta').values({ key: 'a', value: '1' }).execute();
      expect(await keys()).toEqual([]);
    });
    expect(await keys()).toEqual(['a']);
    await database.close();
  });

  test('is in WAL with full flushes', async () => {
    const file = join(await temporaryFolder(), 'test.db');
    const database = await openDatabase(file);
    const { sql } = await import('kysely');
    const ask = async (pragma: string) =>
      Object.values(Object((await sql.raw(`pragma ${pragma}`).execute(database.write)).rows[0]));
    expect(await ask('journal_mode')).toEqual(['wal']);
    expect(await ask('synchronous')).toEqual([2]);
    expect(await ask('foreign_keys')).toEqual([1]);
    await database.close();
  });

  test('can be opened again and again without another change', async () => {
    const file = join(await temporaryFolder(), 'test.db');
    for (let turn = 0; turn < 3; turn++) await (await openDatabase(file)).close();
    const database = openSqlite(file);
    expect(database.prepare('select name from kysely_migration').all([])).toHaveLength(
      Object.keys(migrations).length,
    );
    database.close();
  });
});
