import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../domain/errors.ts';
import { takePidLock, type PidLock } from '../lib/pid-lock.ts';
import { randomHex } from '../lib/random-id.ts';
import { ArtifactFiles } from './artifact-files.ts';
import { ArtifactStore } from './artifacts.ts';
import { BundleStore } from './bundles.ts';
import { openDatabase, type Database } from './database.ts';
import { DeploymentStore } from './deployments.ts';
import { LaneStore } from './lanes.ts';
import { MachineStore } from './machines.ts';
import { PlacementStore } from './placements.ts';
import { ReceiptStore } from './receipts.ts';
import { RunLogStore } from './run-logs.ts';
import { RunStore } from './runs.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { NoSqliteError, SqliteError } from './sqlite.ts';

export interface Store {
  /** 16 upper-case hex digits, made once for a data directory. */
  readonly daemonId: string;
  readonly machines: MachineStore;
  readonly artifacts: ArtifactStore;
  readonly artifactFiles: ArtifactFiles;
  readonly bundles: BundleStore;
  readonly deployments: DeploymentStore;
  readonly runs: RunStore;
  readonly runLogs: RunLogStore;
  readonly lanes: LaneStore;
  readonly placements: PlacementStore;
  readonly receipts: ReceiptStore;
  /** Whether the database answers. */
  isHealthy(): Promise<boolean>;
  /** Waits for log bytes under way; then nothing of the store can be used. */
  close(): Promise<void>;
}

/**
 * Opens a data directory, and makes it (mode 0700) where it is missing: `fleet98.db`, `key`, `lock`, `artifacts/`.
 * Throws DATA_DIR_LOCKED while another daemon has it, STORE_DAMAGED, and CONFIG_INVALID when it cannot be used.
 */
export async function openStore(options: { readonly dataDir: string }): Promise<Store> {
  try {
    await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(options.dataDir);
    try {
      return await openLocked(options.dataDir, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  } catch (error) {
    throw explain(error);
  }
}

async function lockFolder(dataDir: string): Promise<PidLock> {
  const lock = await takePidLock(join(dataDir, 'lock'));
  if ('release' in lock) return lock;
  throw new DomainError('DATA_DIR_LOCKED', `process ${lock.heldBy} uses this data directory`);
}

async function openLocked(dataDir: string, lock: PidLock): Promise<Store> {
  const databaseFile = join(dataDir, 'fleet98.db');
  await touchPrivate(databaseFile);
  const database = await openDatabase(databaseFile);
  try {
    const secrets = await loadSecrets(join(dataDir, 'key'));
    const artifactFiles = await ArtifactFiles.open(join(dataDir, 'artifacts'));
    const daemonId = await readDaemonId(database);
    return assemble({ database, secrets, artifactFiles, daemonId, lock });
  } catch (error) {
    await database.close();
    throw error;
  }
}

function assemble(parts: {
  database: Database;
  secrets: Secrets;
  artifactFiles: ArtifactFiles;
  daemonId: string;
  lock: PidLock;
}): Store {
  const { database, secrets, artifactFiles, daemonId, lock } = parts;
  const runLogs = new RunLogStore(database);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await runLogs.close();
    await database.close();
    lock.release();
  };
  return {
    daemonId,
    artifactFiles,
    runLogs,
    machines: new MachineStore(database, secrets),
    artifacts: new ArtifactStore(database),
    bundles: new BundleStore(database),
    deployments: new DeploymentStore(database),
    runs: new RunStore(database),
    lanes: new LaneStore(database),
    placements: new PlacementStore(database),
    receipts: new ReceiptStore(database),
    isHealthy: () => isHealthy(database),
    close: () => (closing ??= close()),
  };
}

/** SQLite gives its other files the mode of this one. */
async function touchPrivate(file: string): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  await handle.close();
}

async function readDaemonId(database: Database): Promise<string> {
  await database.write
    .insertInto('meta')
    .values({ key: 'daemon_id', value: randomHex(8) })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const { value } = await database.write
    .selectFrom('meta')
    .select('value')
    .where('key', '=', 'daemon_id')
    .executeTakeFirstOrThrow();
  return value;
}

async function isHealthy({ read, write }: Database): Promise<boolean> {
  try {
    for (const db of [read, write]) await db.selectFrom('meta').select('key').limit(1).execute();
    return true;
  } catch {
    return false;
  }
}

/** The messages of the file system name paths of this host, which an error for a person must not. */
function explain(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const invalid = (what: string): DomainError => new DomainError('CONFIG_INVALID', what, { cause: error });
  if (error instanceof NoSqliteError) return invalid(error.message);
  if (error instanceof SqliteError)
    return invalid(`data_dir: the database cannot be opened: ${error.message}`);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return invalid(`data_dir: the folder cannot be written (${error.code})`);
  }
  return error;
}
