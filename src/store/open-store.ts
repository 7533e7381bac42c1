import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { DomainError } from '../domain/errors.ts';
import { takePidLock, type PidLock } from '../lib/pid-lock.ts';
import { randomHex } from '../lib/random-id.ts';
import { AbsenceStore } from './absences.ts';
import { AgentUpdateStore } from './agent-updates.ts';
import { ArtifactFiles } from './artifact-files.ts';
import { ArtifactStore } from './artifacts.ts';
import { removeUnfinishedBackups, streamBackup } from './backup.ts';
import { BenchmarkStore } from './benchmarks.ts';
import { BundleStore } from './bundles.ts';
import { CountStore } from './counts.ts';
import { openDatabase, type Database } from './database.ts';
import { DeploymentStore } from './deployments.ts';
import { LaneStore } from './lanes.ts';
import { LogRetention } from './log-retention.ts';
import { RemainsStore } from './remains.ts';
import { HistoryStore } from './history.ts';
import { NewcomerStore } from './newcomers.ts';
import { MachineStore } from './machines.ts';
import { PlacementStore } from './placements.ts';
import { ReceiptStore } from './receipts.ts';
import { RequestStore } from './requests.ts';
import { RestoreStage, takeStagedRestore } from './restore.ts';
import { RunLogStore, type OnAppended } from './run-logs.ts';
import { RunStore } from './runs.ts';
import { ShortJobStore } from './short-jobs.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { NoSqliteError, SqliteError } from './sqlite.ts';
import type { OnCommit } from './commit-times.ts';
import { asStoreError, databaseBytes, databaseName, findTrouble } from './trouble.ts';

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
  readonly benchmarks: BenchmarkStore;
  readonly lanes: LaneStore;
  readonly placements: PlacementStore;
  readonly remains: RemainsStore;
  readonly shortJobs: ShortJobStore;
  readonly absences: AbsenceStore;
  readonly newcomers: NewcomerStore;
  readonly agentUpdates: AgentUpdateStore;
  readonly receipts: ReceiptStore;
  readonly requests: RequestStore;
  readonly history: HistoryStore;
  readonly logRetention: LogRetention;
  /** All of it as one tar, without the key, while work goes on. */
  backup(atMs: number): Promise<Readable>;
  /** Checks a backup and lays it ready: it takes the place of everything when the store is opened next. */
  stageRestore(source: AsyncIterable<Uint8Array>, atMs: number): Promise<void>;
  readonly counts: CountStore;
  /** Bytes of the database's files. */
  sizeBytes(): Promise<number>;
  /** Why nothing can be saved: STORE_FULL, STORE_UNWRITABLE, STORE_DAMAGED; undefined: all is well. */
  trouble(): Promise<DomainError | undefined>;
  /** Waits for log bytes under way; then nothing of the store can be used. */
  close(): Promise<void>;
}

/** Who wants to know what the store does: for figures. */
export interface StoreWatch {
  readonly onCommit: OnCommit;
  readonly onLogAppended: OnAppended;
}

/**
 * Opens a data directory, and makes it (mode 0700) where it is missing: `fleet98.db`, `key`, `lock`, `artifacts/`.
 * Throws DATA_DIR_LOCKED while another daemon has it, STORE_DAMAGED, and CONFIG_INVALID when it cannot be used.
 */
export async function openStore(options: {
  readonly dataDir: string;
  readonly watch?: StoreWatch;
}): Promise<Store> {
  try {
    await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
    const lock = await lockFolder(options.dataDir);
    try {
      return await openLocked(options.dataDir, lock, options.watch);
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

async function openLocked(dataDir: string, lock: PidLock, watch: StoreWatch | undefined): Promise<Store> {
  const databaseFile = join(dataDir, databaseName);
  await removeUnfinishedBackups(dataDir);
  await takeStagedRestore(dataDir);
  await touchPrivate(databaseFile);
  const database = await openDatabase(databaseFile, watch?.onCommit);
  try {
    const secrets = await loadSecrets(join(dataDir, 'key'));
    const artifactFiles = await ArtifactFiles.open(join(dataDir, 'artifacts'));
    const daemonId = await readDaemonId(database);
    return assemble({ dataDir, database, secrets, artifactFiles, daemonId, lock, watch });
  } catch (error) {
    await database.close();
    throw error;
  }
}

function assemble(parts: {
  dataDir: string;
  database: Database;
  secrets: Secrets;
  artifactFiles: ArtifactFiles;
  daemonId: string;
  lock: PidLock;
  watch: StoreWatch | undefined;
}): Store {
  const { dataDir, database, secrets, artifactFiles, daemonId, lock, watch } = parts;
  const runLogs = new RunLogStore(database, watch?.onLogAppended);
  const restores = new RestoreStage({ dataDir, artifactFiles });
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
    benchmarks: new BenchmarkStore(database),
    lanes: new LaneStore(database),
    placements: new PlacementStore(database),
    remains: new RemainsStore(database),
    shortJobs: new ShortJobStore(database),
    absences: new AbsenceStore(database),
    newcomers: new NewcomerStore(database, secrets),
    agentUpdates: new AgentUpdateStore(database),
    receipts: new ReceiptStore(database),
    requests: new RequestStore(database),
    history: new HistoryStore(database),
    logRetention: new LogRetention(database),
    backup: (atMs) => streamBackup({ dataDir, database, artifactFiles, daemonId }, atMs),
    stageRestore: (source, atMs) => restores.stage(source, atMs),
    counts: new CountStore(database),
    sizeBytes: () => databaseBytes(dataDir),
    trouble: () => findTrouble(dataDir, database),
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

/** The messages of the file system name paths of this host, which an error for a person must not. */
function explain(thrown: unknown): unknown {
  const error = asStoreError(thrown);
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
