import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

const statements = [
  'alter table run add column claimed_at_ms bigint',
  'alter table run add column job_left integer not null default 0',
  `update run set claimed_at_ms = started_at_ms where state in ('running', 'collecting')`,
  `update run set job_left = 1 where ended_at_ms is null and job_id is not null`,
  'create index run_left on run (machine_id) where job_left = 1',
];

export const runs: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
