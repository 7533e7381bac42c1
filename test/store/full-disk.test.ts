import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { sql } from 'kysely';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './fixtures.ts';

const row = (key: string) => ({ key, value: 'x'.repeat(5_000) });

describe('a disk without room for the database', () => {
  test('fails what is written with STORE_FULL, keeps nothing of it, and all goes on when there is room', async () => {
    const database = await openDatabase(join(await temporaryFolder(), 'a.db'));
    const { write, read } = database;
    const limit = async (pages: number) => sql.raw(`pragma max_page_count = ${pages}`).execute(write);
    const { rows } = await sql<{ pageCount: number }>`pragma page_count`.execute(write);
    await limit((rows[0]?.pageCount ?? 0) + 8);
    for (let time = 0; time < 3; time++) {
      const writing = write.transaction().execute(async (trx) => {
        for (let index = 0; index < 50; index++)
          await trx
            .insertInto('meta')
            .values(row(`${time}-${index}`))
            .execute();
      });
      await expect(writing).rejects.toMatchObject({ name: 'DomainError', code: 'STORE_FULL', retry: true });
    }
    expect(await read.selectFrom('meta').select('key').where('key', 'like', '%-%').execute()).toEqual([]);
    await limit(1_000_000);
    await write.insertInto('meta').values(row('after')).execute();
    expect(await read.selectFrom('meta').select('key').where('key', '=', 'after').execute()).toHaveLength(1);
    await database.close();
  });

  test('is no wonder to a connection that only reads', async () => {
    const file = join(await temporaryFolder(), 'a.db');
    await (await openDatabase(file)).close();
    const connection = openSqlite(file);
    connection.exec('pragma query_only = on');
    expect(() => connection.exec("insert into meta values ('a', 'b')")).toThrow(
      expect.objectContaining({ code: 'STORE_UNWRITABLE' }),
    );
    connection.close();
  });
});

test('a page that is damaged while the daemon runs is told when it is read', async () => {
  const file = join(await temporaryFolder(), 'a.db');
  const first = await openDatabase(file);
  for (let index = 0; index < 100; index++)
    await first.write
      .insertInto('meta')
      .values(row(`${index}`))
      .execute();
  await first.close();
  const checkpoint = openSqlite(file);
  checkpoint.exec('pragma wal_checkpoint(truncate)');
  checkpoint.close();
  const database = await openDatabase(file);
  const bytes = await readFile(file);
  await writeFile(file, bytes.fill(0x55, 4096 * 2));
  await expect(database.read.selectFrom('meta').selectAll().execute()).rejects.toMatchObject({
    name: 'DomainError',
    code: 'STORE_DAMAGED',
  });
  await database.close();
});
