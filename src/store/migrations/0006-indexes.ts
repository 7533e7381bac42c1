import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

/** For two filters at once: without these, a rare state among millions of runs is looked for one by one. */
const statements = [
  'create index run_by_bundle_state on run (bundle_id, state, created_at_ms, id)',
  'create index run_by_machine_state on run (machine_id, state, created_at_ms, id)',
];

export const indexes: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
