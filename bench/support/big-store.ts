import { join } from 'node:path';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openStore } from '../../src/store/open-store.ts';

export interface StoreSize {
  readonly machines: number;
  readonly bundles: number;
  readonly runs: number;
  readonly deployments: number;
  readonly targetsEach: number;
  readonly benchmarks: number;
}

/** Rows per transaction: much larger ones only make SQLite's log grow. */
const BATCH = 100_000;
/** Of the first row; each run comes a second after the one before. */
export const FIRST_MS = Date.UTC(2024, 0, 1);

/** Fills a new data directory with the past of a large fleet; every id, name and time follows from a row's number. */
export async function fillStore(dataDir: string, size: StoreSize): Promise<void> {
  await (await openStore({ dataDir })).close();
  const database = openSqlite(join(dataDir, 'fleet98.db'));
  // Nothing of this has to survive a power cut.
  database.exec('pragma synchronous = off; pragma cache_size = -200000');
  const insert = (count: number, into: string, values: string): void => {
    for (let from = 0; from < count; from += BATCH) {
      const to = Math.min(count, from + BATCH) - 1;
      database.exec(
        `insert into ${into} with recursive n(i) as (select ${from} union all select i + 1 from n where i < ${to}) ` +
          `select ${values} from n`,
      );
    }
  };
  const machineId = (i: string): string => `printf('%016X', (${i}) % ${size.machines})`;
  insert(
    size.machines,
    `machine (id, name, state, health, held, host, port, "user", labels, write_chunk_bytes, simulated, platform,
      created_at_ms, updated_at_ms)`,
    `${machineId('i')}, printf('pc%04d', i), case when i % 50 = 0 then 'retired' else 'ready' end,
      case i % 20 when 0 then 'late' when 1 then 'lost' else 'good' end, 0, '127.0.0.1', 21, 'fleet',
      '{"room":"' || (i % 10) || '"}', 8192, 1, case i % 3 when 0 then 'win9x' when 1 then 'winnt' else 'linux' end,
      ${FIRST_MS}, ${FIRST_MS}`,
  );
  insert(size.machines, 'machine_label (machine_id, key, value)', `${machineId('i')}, 'room', i % 10`);
  insert(
    size.bundles,
    'bundle (name, version, hash, folder, files, engine, created_at_ms)',
    `'bundle' || i, 1, printf('%064x', i), 'B/' || printf('%08X', i), '[]', 'auto', ${FIRST_MS}`,
  );
  // Nearly all runs have succeeded, as in a fleet that works: the rare states are what a filter has to find.
  insert(
    size.runs,
    `run (machine_id, bundle_id, parameters, limits, state, simulated, engine, text, tokens, requested_by,
      created_at_ms, started_at_ms, ended_at_ms)`,
    `${machineId('i * 7')}, 1 + i % ${size.bundles}, '{"prompt":"Once upon a time"}',
      '{"limitSeconds":0,"quietSeconds":0,"logMaxBytes":8388608}',
      case when i % 10007 = 0 then 'failed' when i % 50021 = 0 then 'timed-out' else 'succeeded' end,
      1, 'llama2c', 'a little girl named Lily', 64, 'api',
      ${FIRST_MS} + i * 1000, ${FIRST_MS} + i * 1000, ${FIRST_MS} + i * 1000 + 900`,
  );
  insert(
    size.deployments,
    'deployment (bundle_id, requested_by, created_at_ms)',
    `1 + i % ${size.bundles}, 'api', ${FIRST_MS} + i * 60000`,
  );
  const targets = size.deployments * size.targetsEach;
  const deploymentId = `1 + i / ${size.targetsEach}`;
  insert(
    targets,
    'target (deployment_id, machine_id, state, started_at_ms, ended_at_ms)',
    `${deploymentId}, ${machineId('i')}, 'done', ${FIRST_MS}, ${FIRST_MS}`,
  );
  insert(
    targets,
    `receipt (machine_id, machine_name, deployment_id, bundle_id, path, size_bytes, sha256, crc32, method,
      requested_by, at_ms)`,
    `${machineId('i')}, printf('pc%04d', i % ${size.machines}), ${deploymentId}, 1 + i % ${size.bundles},
      'B/00000001/MODEL.BIN', 1056540, printf('%064x', i), '0BADF00D', 'agent-crc', 'api', ${FIRST_MS} + i`,
  );
  insert(
    size.benchmarks,
    'benchmark (name, parameters, limits, repetitions, warm_ups, requested_by, created_at_ms)',
    `'bench' || i, '{}', '{"limitSeconds":0,"quietSeconds":0,"logMaxBytes":8388608}', 5, 1, 'api',
      ${FIRST_MS} + i * 60000`,
  );
  insert(
    size.benchmarks * 10,
    'benchmark_run (run_id, benchmark_id, machine_id, bundle_id, role, ordinal)',
    `1 + i, 1 + i / 10, ${machineId('i * 7')}, 1 + i % ${size.bundles}, 'measured', i % 10`,
  );
  database.close();
}
