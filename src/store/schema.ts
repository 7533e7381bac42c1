import type { Generated } from 'kysely';
import type { Absence } from '../domain/absence.ts';
import type { AgentUpdateState } from '../domain/agent-update.ts';
import type { ArtifactKind } from '../domain/artifact.ts';
import type { BenchmarkRole } from '../domain/benchmark.ts';
import type { ReceiptMethod, TargetState } from '../domain/deployment.ts';
import type { LaneKind } from '../domain/lane.ts';
import type { MachineHealth, MachineState, PlatformId, TransportName } from '../domain/machine.ts';
import type { RunState } from '../domain/run.ts';

/** SQLite has no booleans. */
export type Flag = 0 | 1;
/** A value kept as JSON. */
export type JsonText = string;

/** The tables as queries see them: the columns are in snake_case, a plug-in of Kysely translates. */
export interface Schema {
  meta: { key: string; value: string };
  machine: MachineTable;
  machineLabel: { machineId: string; key: string; value: string };
  artifact: ArtifactTable;
  bundle: BundleTable;
  deployment: DeploymentTable;
  target: TargetTable;
  run: RunTable;
  runFile: { runId: number; name: string; bytes: Uint8Array };
  runLog: { runId: number; startOffset: number; bytes: Uint8Array };
  lane: { machineId: string; kind: LaneKind; ownerId: string; sinceMs: number };
  placement: {
    machineId: string;
    bundleId: number;
    folder: string;
    placedAtMs: number;
    verified: Flag;
  };
  receipt: ReceiptTable;
  benchmark: BenchmarkTable;
  benchmarkRun: BenchmarkRunTable;
  agentUpdate: AgentUpdateTable;
  absence: AbsenceTable;
  newcomer: NewcomerTable;
  shortJob: { jobId: string; jobToken: string; machineId: string };
  request: { asker: string; key: string; hash: string; made: JsonText; atMs: number };
}

export interface MachineTable {
  id: string;
  name: string;
  state: MachineState;
  health: MachineHealth;
  held: Flag;
  transport: TransportName;
  host: string;
  port: number;
  user: string;
  passwordEnv: string | null;
  /** The password, sealed by `Secrets`. */
  secret: string | null;
  spool: string | null;
  platform: PlatformId | null;
  labels: JsonText;
  writeChunkBytes: number;
  server: JsonText | null;
  agent: JsonText | null;
  simulated: Flag;
  boot: number | null;
  lastContactAtMs: number | null;
  lastError: JsonText | null;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface NewcomerTable {
  user: string;
  /** The password, sealed by `Secrets` for the user. */
  secret: string;
  code: string;
  address: string;
  name: string;
  agent: JsonText;
  sinceMs: number;
  seenMs: number;
}

export interface AbsenceTable {
  machineId: string;
  kind: Absence['kind'];
  ownerId: string;
  sinceMs: number;
  boot: number | null;
  backByMs: number | null;
  loseAtMs: number | null;
}

export interface ArtifactTable {
  id: Generated<number>;
  sha256: string;
  sizeBytes: number;
  crc32: string;
  filename: string;
  kind: ArtifactKind;
  facts: JsonText;
  createdAtMs: number;
}

export interface BundleTable {
  id: Generated<number>;
  name: string;
  version: number;
  hash: string;
  folder: string;
  files: JsonText;
  command: JsonText | null;
  engine: string;
  createdAtMs: number;
}

export interface DeploymentTable {
  id: Generated<number>;
  bundleId: number;
  requestedBy: string;
  createdAtMs: number;
}

export interface TargetTable {
  deploymentId: number;
  machineId: string;
  state: TargetState;
  code: string | null;
  detail: string | null;
  notBeforeMs: number | null;
  attempts: Generated<number>;
  bytesTotal: Generated<number>;
  bytesSent: Generated<number>;
  bytesPerSecond: number | null;
  jobId: string | null;
  jobToken: string | null;
  startedAtMs: number | null;
  endedAtMs: number | null;
  waitedMs: Generated<number>;
  /** 1: it ended without being placed, and staged files or a job of it may still lie on the machine. */
  leftBehind: Generated<Flag>;
  proof: ReceiptMethod | null;
}

export interface RunTable {
  id: Generated<number>;
  machineId: string;
  bundleId: number;
  parameters: JsonText;
  limits: JsonText;
  state: RunState;
  code: string | null;
  detail: string | null;
  cancelRequested: Generated<Flag>;
  jobId: string | null;
  jobToken: string | null;
  pid: number | null;
  simulated: Flag;
  engine: string | null;
  text: string | null;
  tokens: number | null;
  timing: JsonText | null;
  end: JsonText | null;
  flags: Generated<JsonText>;
  requestedBy: string;
  createdAtMs: number;
  startedAtMs: number | null;
  claimedAtMs: number | null;
  endedAtMs: number | null;
  logExpiredAtMs: number | null;
  /** Files of its job may still lie on the machine. */
  jobLeft: Generated<Flag>;
}

export interface ReceiptTable {
  id: Generated<number>;
  machineId: string;
  machineName: string;
  deploymentId: number;
  bundleId: number;
  path: string;
  sizeBytes: number;
  sha256: string;
  crc32: string;
  method: ReceiptMethod;
  requestedBy: string;
  atMs: number;
}

export interface AgentUpdateTable {
  id: Generated<number>;
  machineId: string;
  fromVersion: string;
  fromBuild: string;
  toVersion: string;
  toBuild: string;
  sha256: string;
  state: AgentUpdateState;
  code: string | null;
  detail: string | null;
  requestedBy: string;
  createdAtMs: number;
  endedAtMs: number | null;
}

export interface BenchmarkTable {
  id: Generated<number>;
  name: string | null;
  parameters: JsonText;
  limits: JsonText;
  repetitions: number;
  warmUps: number;
  requestedBy: string;
  createdAtMs: number;
}

/** `machineId` and `bundleId` are the run's; here they make the lists of benchmarks quick. */
export interface BenchmarkRunTable {
  runId: number;
  benchmarkId: number;
  machineId: string;
  bundleId: number;
  role: BenchmarkRole;
  ordinal: number;
}
