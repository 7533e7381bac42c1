import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

/** What a target waited so far, what it left on its machine, how its files are proven; receipts keep the machine's name as it was. */
const statements = [
  'alter table target add column waited_ms bigint not null default 0',
  'alter table target add column left_behind integer not null default 0',
  'alter table target add column proof text',
  'create index target_left_behind on target (machine_id) where left_behind = 1',
  `alter table receipt add column machine_name text not null default ''`,
  'update receipt set machine_name = (select name from machine where machine.id = receipt.machine_id)',
];

export const deployments: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
