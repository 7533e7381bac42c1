import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

const statement = `create table short_job (
  job_id text primary key,
  job_token text not null,
  machine_id text not null references machine (id) on delete cascade
)`;

export const shortJobs: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql.raw(statement).execute(db);
  },
};
