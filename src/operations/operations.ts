import type { Artifact } from '../domain/artifact.ts';
import type { Bundle, Command, ParameterValues } from '../domain/bundle.ts';
import type { Deployment, Target } from '../domain/deployment.ts';
import type { Finding } from '../domain/finding.ts';
import type { Lane } from '../domain/lane.ts';
import type { Machine, PlatformId } from '../domain/machine.ts';
import type { Run, RunLimits, RunState } from '../domain/run.ts';
import type { TokenEvent } from '../domain/token-log.ts';
import type { EventBus } from './event-bus.ts';

/** Which machines are meant. Names that do not exist are refused; retired machines are never meant by labels or `all`. */
export type Selector =
  | 'all'
  | { readonly names: readonly string[] }
  | { readonly labels: Readonly<Record<string, string>> }
  | { readonly platform: PlatformId };

export interface NewMachine {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly passwordEnv?: string;
  readonly spool?: string;
  readonly platform?: PlatformId;
  readonly labels: Readonly<Record<string, string>>;
}

/** Fields of a machine that a person may change; null clears one. */
export interface MachineChange {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string | null;
  readonly passwordEnv?: string | null;
  readonly spool?: string | null;
  readonly platform?: PlatformId | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly writeChunkBytes?: number;
}

export interface NewBundle {
  readonly name: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  readonly command?: Command;
  readonly engine: string;
}

/** What is known of how a machine does, for the person who asks why. */
export interface MachineReport {
  readonly machine: Machine;
  readonly lane?: Lane;
  /** Last FTP control lines, oldest first, passwords masked. */
  readonly transcript: readonly string[];
  /** What to look at, most likely first. */
  readonly advice: readonly string[];
}

/** What a follower of a run is told, in order. The last item is `end`, and only a run that has ended has one. */
export type RunFeedItem =
  /** `offset` is the raw log offset just behind this piece; it grows with each token item. */
  | { readonly kind: 'token'; readonly offset: number; readonly atMs: number; readonly text: string }
  | { readonly kind: 'state'; readonly state: RunState; readonly code?: string; readonly detail?: string }
  | { readonly kind: 'end'; readonly run: Run };

/** The use cases of fleet98. All of them throw DomainError. */
export interface Operations {
  readonly events: EventBus;

  registerMachine(input: NewMachine): Promise<Machine>;
  changeMachine(name: string, change: MachineChange): Promise<Machine>;
  removeMachine(name: string): Promise<void>;
  probeMachine(name: string, options: { adopt: boolean }): Promise<Machine>;
  holdMachine(name: string, held: boolean): Promise<Machine>;
  explainMachine(name: string): Promise<MachineReport>;
  preflight(name: string, bundle: Bundle): Promise<Finding[]>;

  receiveArtifact(
    filename: string,
    source: AsyncIterable<Uint8Array>,
    expectedBytes: number | undefined,
  ): Promise<{ artifact: Artifact; created: boolean }>;
  createBundle(input: NewBundle): Promise<{ bundle: Bundle; created: boolean }>;
  /** `name` or `name@version`. */
  findBundle(reference: string): Promise<Bundle>;

  deploy(request: {
    bundle: string;
    machines: Selector;
    requestedBy: string;
  }): Promise<{ deployment: Deployment; targets: Target[] }>;
  cancelDeployment(id: number): Promise<void>;

  run(request: {
    bundle: string;
    machines: Selector;
    parameters: ParameterValues;
    limits: Partial<RunLimits>;
    /** Deploy first where the bundle is not. */
    deploy: boolean;
    requestedBy: string;
  }): Promise<Run[]>;
  cancelRun(id: number): Promise<Run>;
  /** The token events of what is stored of the run's log so far; NOT_FOUND at the first step. */
  tokenEvents(runId: number): AsyncIterable<TokenEvent & { readonly text: string }>;
  /**
   * The run as it goes: its state now, then every token item with an offset above `fromOffset` (none lost, none twice),
   * state changes as they happen, and `end`. Ends without `end` when `signal` is aborted.
   */
  followRun(runId: number, fromOffset: number, signal: AbortSignal): AsyncIterable<RunFeedItem>;

  /** Takes up what was under way when the daemon stopped, then starts new work as lanes come free. */
  start(): Promise<void>;
  /** Stops following and sending; nothing on the machines is stopped. Resolves when all sessions are closed. */
  stop(): Promise<void>;
}
