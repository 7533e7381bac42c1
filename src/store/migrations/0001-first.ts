import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

/** One statement each. Booleans are 0 or 1, times are milliseconds since 1970, JSON is text: so any SQL database will do. */
const statements = [
  `create table meta (
    key text primary key,
    value text not null
  )`,

  `create table machine (
    id text primary key,
    name text not null unique,
    state text not null,
    health text not null,
    held integer not null,
    host text not null,
    port integer not null,
    "user" text not null,
    password_env text,
    secret text,
    spool text,
    platform text,
    labels text not null,
    write_chunk_bytes integer not null,
    server text,
    agent text,
    simulated integer not null,
    boot integer,
    last_contact_at_ms bigint,
    last_error text,
    created_at_ms bigint not null,
    updated_at_ms bigint not null
  )`,
  'create index machine_by_state on machine (state, name)',
  'create index machine_by_health on machine (health, name)',
  'create index machine_by_platform on machine (platform, name)',
  `create table machine_label (
    machine_id text not null references machine (id),
    key text not null,
    value text not null,
    primary key (machine_id, key)
  )`,
  'create index machine_label_by_value on machine_label (key, value)',

  `create table artifact (
    id integer primary key autoincrement,
    sha256 text not null unique,
    size_bytes bigint not null,
    crc32 text not null,
    filename text not null,
    kind text not null,
    facts text not null,
    created_at_ms bigint not null
  )`,
  'create index artifact_by_kind on artifact (kind, id)',

  `create table bundle (
    id integer primary key autoincrement,
    name text not null,
    version integer not null,
    hash text not null,
    folder text not null,
    files text not null,
    command text,
    engine text not null,
    created_at_ms bigint not null,
    unique (name, version),
    unique (name, hash)
  )`,
  'create index bundle_by_folder on bundle (folder)',

  `create table deployment (
    id integer primary key autoincrement,
    bundle_id integer not null references bundle (id),
    requested_by text not null,
    created_at_ms bigint not null
  )`,
  'create index deployment_by_time on deployment (created_at_ms, id)',
  'create index deployment_by_bundle on deployment (bundle_id, created_at_ms, id)',
  `create table target (
    deployment_id integer not null references deployment (id),
    machine_id text not null references machine (id),
    state text not null,
    code text,
    detail text,
    not_before_ms bigint,
    attempts integer not null default 0,
    bytes_total bigint not null default 0,
    bytes_sent bigint not null default 0,
    bytes_per_second double precision,
    job_id text,
    job_token text,
    started_at_ms bigint,
    ended_at_ms bigint,
    primary key (deployment_id, machine_id)
  )`,
  'create index target_by_machine on target (machine_id, deployment_id)',
  'create index target_open on target (deployment_id) where ended_at_ms is null',
  'create unique index target_by_job on target (job_id)',

  `create table run (
    id integer primary key autoincrement,
    machine_id text not null references machine (id),
    bundle_id integer not null references bundle (id),
    parameters text not null,
    limits text not null,
    state text not null,
    code text,
    detail text,
    cancel_requested integer not null default 0,
    job_id text,
    job_token text,
    pid integer,
    simulated integer not null,
    engine text,
    text text,
    tokens integer,
    timing text,
    "end" text,
    flags text not null default '[]',
    requested_by text not null,
    created_at_ms bigint not null,
    started_at_ms bigint,
    ended_at_ms bigint
  )`,
  'create index run_by_time on run (created_at_ms, id)',
  'create index run_by_machine on run (machine_id, created_at_ms, id)',
  'create index run_by_bundle on run (bundle_id, created_at_ms, id)',
  'create index run_by_state on run (state, created_at_ms, id)',
  'create unique index run_by_job on run (job_id)',
  `create table run_file (
    run_id integer not null references run (id),
    name text not null,
    bytes blob not null,
    primary key (run_id, name)
  )`,
  `create table run_log (
    run_id integer not null references run (id),
    start_offset bigint not null,
    bytes blob not null,
    primary key (run_id, start_offset)
  )`,

  `create table lane (
    machine_id text primary key references machine (id),
    kind text not null,
    owner_id text not null,
    since_ms bigint not null
  )`,
  `create table placement (
    machine_id text not null references machine (id),
    bundle_id integer not null references bundle (id),
    folder text not null,
    placed_at_ms bigint not null,
    verified integer not null,
    primary key (machine_id, bundle_id)
  )`,
  'create index placement_by_bundle on placement (bundle_id)',
  `create table receipt (
    id integer primary key autoincrement,
    machine_id text not null references machine (id),
    deployment_id integer not null references deployment (id),
    bundle_id integer not null references bundle (id),
    path text not null,
    size_bytes bigint not null,
    sha256 text not null,
    crc32 text not null,
    method text not null,
    requested_by text not null,
    at_ms bigint not null
  )`,
  'create index receipt_by_machine on receipt (machine_id, id)',
  'create index receipt_by_deployment on receipt (deployment_id, id)',
  'create index receipt_by_bundle on receipt (bundle_id, id)',
];

export const first: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
