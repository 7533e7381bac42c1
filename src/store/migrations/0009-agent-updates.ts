import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

const statements = [
  `create table agent_update (
    id integer primary key autoincrement,
    machine_id text not null references machine (id),
    from_version text not null,
    from_build text not null,
    to_version text not null,
    to_build text not null,
    sha256 text not null,
    state text not null,
    code text,
    detail text,
    requested_by text not null,
    created_at_ms bigint not null,
    ended_at_ms bigint
  )`,
  'create index agent_update_by_machine on agent_update (machine_id, created_at_ms, id)',
];

/** How the agents of machines were replaced. */
export const agentUpdates: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
