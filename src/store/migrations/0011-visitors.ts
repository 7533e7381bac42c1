import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

const statements = [
  "alter table machine add column transport text not null default 'push'",
  "create unique index machine_login on machine (user) where transport = 'depot'",
  `create table newcomer (
    user text primary key not null,
    secret text not null,
    code text not null,
    address text not null,
    name text not null,
    agent text not null,
    since_ms bigint not null,
    seen_ms bigint not null
  )`,
];

/** Machines that log in here by themselves, and those that wait for somebody's word. */
export const visitors: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
