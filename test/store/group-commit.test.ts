import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { temporaryFolder } from './fixtures.ts';

async function opened() {
  let commits = 0;
  const file = join(await temporaryFolder(), 'test.db');
  const database = await openDatabase(file, () => (commits += 1));
  return { file, database, commits: () => commits };
}

const insert = (db: Database['write'], key: string, value = '') =>
  db.insertInto('meta').values({ key, value }).execute();

const inTransaction = (database: Database, key: string, value = '') =>
  database.write.transaction().execute(async (trx) => {
    await insert(trx, `${key}-1`, value);
    await insert(trx, `${key}-2`, value);
  });

const keys = async ({ read }: Database): Promise<string[]> =>
  (await read.selectFrom('meta').select('key').orderBy('key').execute()).map(({ key }) => key);

describe('writes of one turn', () => {
  test('share a COMMIT, and each is on the disk when it resolves', async () => {
    const { database, commits } = await opened();
    const before = commits();
    const writes = Array.from({ length: 50 }, async (_, index) => {
      await (index % 2 ? insert(database.write, `s${index}`) : inTransaction(database, `t${index}`));
      return (await keys(database)).filter((key) => key === `s${index}` || key.startsWith(`t${index}-`))
        .length;
    });
    const seen = await Promise.all(writes);
    expect(seen).toEqual(seen.map((_, index) => (index % 2 ? 1 : 2)));
    expect(commits() - before).toBeLessThan(5);
    await database.close();
  });

  test('do not see each other fail', async () => {
    const { database } = await opened();
    await insert(database.write, 'taken');
    const failing = database.write.transaction().execute(async (trx) => {
      await insert(trx, 'half');
      await insert(trx, 'taken');
    });
    const thrown = database.write.transaction().execute(async (trx) => {
      await insert(trx, 'other half');
      throw new Error('changed my mind');
    });
    const outcomes = await Promise.allSettled([
      inTransaction(database, 'a'),
      failing,
      insert(database.write, 'taken'),
      thrown,
      inTransaction(database, 'b'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(await keys(database)).toEqual(['a-1', 'a-2', 'b-1', 'b-2', 'taken']);
    await database.close();
  });

  test('follow each other: what one wrote, the next one reads', async () => {
    const { database } = await opened();
    await insert(database.write, 'count', '0');
    const raise = () =>
      database.write.transaction().execute(async (trx) => {
        const { value } = await trx
          .selectFrom('meta')
          .select('value')
          .where('key', '=', 'count')
          .executeTakeFirstOrThrow();
        await trx
          .updateTable('meta')
          .set({ value: String(Number(value) + 1) })
          .where('key', '=', 'count')
          .execute();
      });
    await Promise.all(Array.from({ length: 30 }, raise));
    const row = await database.read.selectFrom('meta').select('value').executeTakeFirstOrThrow();
    expect(row.value).toBe('30');
    await database.close();
  });

  test('are lost together when the disk is full, each is told, and the next ones go on', async () => {
    const { database } = await opened();
    await insert(database.write, 'before');
    const pages = await sql<{ page_count: number }>`pragma page_count`.execute(database.write);
    const limit = (count: number) => sql.raw(`pragma max_page_count = ${count}`).execute(database.write);
    await limit((pages.rows[0]?.page_count ?? 0) + 2);
    const outcomes = await Promise.allSettled([
      inTransaction(database, 'small'),
      inTransaction(database, 'big', 'x'.repeat(100_000)),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORE_FULL' } });
    }
    await limit(1_000_000);
    await inTransaction(database, 'later');
    expect(await keys(database)).toEqual(['before', 'later-1', 'later-2']);
    await database.close();
  });

  test('are all in a copy that is asked for beside them', async () => {
    const { database, file } = await opened();
    const writes = [inTransaction(database, 'a'), insert(database.write, 'b')];
    await database.copyTo(`${file}.copy`);
    await Promise.all(writes);
    const copy = openSqlite(`${file}.copy`);
    expect(copy.prepare('select key from meta').all([])).toHaveLength(3);
    copy.close();
    await database.close();
  });

  test('are kept when the database is closed at once', async () => {
    const { database, file } = await opened();
    const write = inTransaction(database, 'last');
    await Promise.all([write, database.close()]);
    const again = await openDatabase(file);
    expect(await keys(again)).toEqual(['last-1', 'last-2']);
    await again.close();
  });
});
