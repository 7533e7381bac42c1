import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

const statements = [
  `create table absence (
    machine_id text primary key not null references machine (id) on delete cascade,
    kind text not null,
    owner_id text not null,
    since_ms bigint not null,
    boot bigint,
    back_by_ms bigint,
    lose_at_ms bigint
  )`,
];

/** Machines that do one thing at a time: whose turn it is there. */
export const absences: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
