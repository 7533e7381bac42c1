import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

const statements = [
  `create table benchmark (
    id integer primary key autoincrement,
    name text,
    parameters text not null,
    limits text not null,
    repetitions integer not null,
    warm_ups integer not null,
    requested_by text not null,
    created_at_ms bigint not null
  )`,
  'create index benchmark_by_time on benchmark (created_at_ms, id)',
  `create table benchmark_run (
    run_id integer primary key references run (id),
    benchmark_id integer not null references benchmark (id),
    machine_id text not null references machine (id),
    bundle_id integer not null references bundle (id),
    role text not null,
    ordinal integer not null
  )`,
  'create index benchmark_run_by_benchmark on benchmark_run (benchmark_id, run_id)',
  'create index benchmark_run_by_machine on benchmark_run (machine_id, benchmark_id)',
  'create index benchmark_run_by_bundle on benchmark_run (bundle_id, benchmark_id)',
];

export const benchmarks: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
