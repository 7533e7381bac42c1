import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

const statements = [
  `create table request (
    asker text not null,
    key text not null,
    hash text not null,
    made text not null,
    at_ms bigint not null,
    primary key (asker, key)
  )`,
  'create index request_by_time on request (at_ms)',
];

/** Keys of requests that are carried out once, however often they are sent. */
export const requests: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
