import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

const statements = [
  "alter table machine add column transport text not null default 'push'",
  "create unique index machine_login on machine (user) where transport = 'depot'",
];

/** Machines that log in here by themselves. */
export const transports: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
