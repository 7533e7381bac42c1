import type { Readable } from 'node:stream';
import type { Absence } from '../domain/absence.ts';
import type { Artifact, ArtifactKind } from '../domain/artifact.ts';
import type { Benchmark } from '../domain/benchmark.ts';
import type { Bundle } from '../domain/bundle.ts';
import type { Deployment, Receipt, Target, TargetState } from '../domain/deployment.ts';
import type { Lane } from '../domain/lane.ts';
import type { Machine, MachineHealth, MachineState, PlatformId } from '../domain/machine.ts';
import type { DomainError } from '../domain/errors.ts';
import type { Made, RequestKey } from '../domain/request.ts';
import type { Run, RunState } from '../domain/run.ts';
import type { BenchmarkCount } from '../store/benchmarks.ts';
import type { HistoryItem } from '../store/history.ts';

export interface PageRequest {
  readonly after?: string;
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

export interface MachineFilter {
  readonly state?: MachineState;
  readonly health?: MachineHealth;
  readonly platform?: PlatformId;
  readonly label?: { readonly key: string; readonly value: string };
  readonly bundleId?: number;
  readonly since?: number;
  readonly until?: number;
}

export interface DeploymentFilter {
  readonly machineId?: string;
  readonly bundleId?: number;
  /** Created at or after, and at or before, in milliseconds. */
  readonly since?: number;
  readonly until?: number;
}

export interface RunFilter extends DeploymentFilter {
  readonly state?: RunState;
}

export interface ReceiptFilter {
  readonly machineId?: string;
  readonly bundleId?: number;
  readonly deploymentId?: number;
}

/** What the API reads of the store. It writes nothing: that is the operations' work. */
export interface ApiStore {
  readonly machines: {
    list(query: PageRequest & MachineFilter): Promise<Page<Machine>>;
    findByName(name: string): Promise<Machine | undefined>;
  };
  readonly lanes: {
    all(): Promise<readonly Lane[]>;
    get(machineId: string): Promise<Lane | undefined>;
  };
  readonly absences: {
    all(): Promise<readonly Absence[]>;
    get(machineId: string): Promise<Absence | undefined>;
  };
  readonly artifacts: {
    list(query: PageRequest & { readonly kind?: ArtifactKind }): Promise<Page<Artifact>>;
    get(sha256: string): Promise<Artifact | undefined>;
  };
  readonly artifactFiles: { open(sha256: string): Readable };
  readonly bundles: {
    list(query: PageRequest & { readonly name?: string }): Promise<Page<Bundle>>;
    get(id: number): Promise<Bundle | undefined>;
    names(
      ids: readonly number[],
    ): Promise<ReadonlyMap<number, { readonly name: string; readonly version: number }>>;
  };
  readonly deployments: {
    list(query: PageRequest & DeploymentFilter): Promise<Page<Deployment>>;
    get(id: number): Promise<Deployment | undefined>;
    targets(id: number): Promise<readonly Target[]>;
    stateCounts(ids: readonly number[]): Promise<ReadonlyMap<number, ReadonlyMap<TargetState, number>>>;
    /** By machine id: why a target that could start does not. */
    obstacles(id: number): Promise<ReadonlyMap<string, { readonly code: string; readonly detail: string }>>;
  };
  readonly receipts: { list(query: PageRequest & ReceiptFilter): Promise<Page<Receipt>> };
  readonly history: { list(machineId: string, page: PageRequest): Promise<Page<HistoryItem>> };
  readonly runs: {
    list(query: PageRequest & RunFilter): Promise<Page<Run>>;
    get(id: number): Promise<Run | undefined>;
  };
  readonly benchmarks: {
    list(query: PageRequest & DeploymentFilter): Promise<Page<Benchmark>>;
    counts(ids: readonly number[]): Promise<readonly BenchmarkCount[]>;
  };
  readonly runLogs: {
    read(runId: number, fromByte: number, maxBytes: number): Promise<Uint8Array>;
    end(runId: number): Promise<number>;
  };
  readonly requests: { find(request: RequestKey): Promise<Made | undefined> };
  /** Why the daemon cannot work; undefined: it can. */
  trouble(): Promise<DomainError | undefined>;
}
