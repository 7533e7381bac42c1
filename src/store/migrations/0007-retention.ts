import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

const statements = [
  'alter table run add column log_expired_at_ms bigint',
  'create index run_by_log_age on run (ended_at_ms) where ended_at_ms is not null and log_expired_at_ms is null',
];

export const retention: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
