import type { Readable } from 'node:stream';
import type { Absence } from '../domain/absence.ts';
import type { Artifact } from '../domain/artifact.ts';
import type { Benchmark } from '../domain/benchmark.ts';
import type { Bundle, Command, ParameterValues } from '../domain/bundle.ts';
import type { Deployment, Target } from '../domain/deployment.ts';
import type { Finding } from '../domain/finding.ts';
import type { Lane } from '../domain/lane.ts';
import type { AgentUpdate } from '../domain/agent-update.ts';
import type { Machine, PlatformId, TransportName } from '../domain/machine.ts';
import type { Newcomer } from '../domain/newcomer.ts';
import type { ReadyProgram } from '../domain/ready-program.ts';
import type { RequestKey } from '../domain/request.ts';
import type { Run, RunLimits, RunState } from '../domain/run.ts';
import type { TokenEvent } from '../domain/token-log.ts';
import type { BenchmarkReport } from './benchmark-report.ts';
import type { MachinePlan } from './deploy-plan.ts';
import type { EventBus } from './event-bus.ts';
import type { BundleCheck } from './measure-bundle.ts';

/** Which machines are meant. Names that do not exist are refused; retired machines are never meant by labels or `all`. */
export type Selector =
  | 'all'
  | { readonly names: readonly string[] }
  | { readonly labels: Readonly<Record<string, string>> }
  | { readonly platform: PlatformId };

export interface NewMachine {
  readonly name: string;
  /** `push` where it is not given. */
  readonly transport?: TransportName;
  /** Needed, unless the machine comes by itself. */
  readonly host?: string;
  readonly port: number;
  /** Without one: anonymous, or for a machine that comes by itself a new one. */
  readonly user?: string;
  readonly password?: string;
  readonly passwordEnv?: string;
  readonly spool?: string;
  readonly platform?: PlatformId;
  readonly labels: Readonly<Record<string, string>>;
}

/** A machine at our FTP server. */
export interface VisitorLogin {
  readonly user: string;
  readonly password: string;
  /** Where it comes from. */
  readonly address: string;
}

/** What a machine that wants to join logs in with, and what it shows on its screen. */
export interface JoinTicket {
  readonly user: string;
  readonly password: string;
  readonly code: string;
  /** By its own word. */
  readonly platform: string;
}

export interface Approval {
  /** As the screen of the machine shows it. */
  readonly code: string;
  /** It takes the place of a machine that is known, whose disk is a new one. */
  readonly again: boolean;
}

export interface ScanRequest {
  /** Such as `192.168.98.0/24`; without one this host's own networks. */
  readonly network?: string;
  readonly port: number;
}

/** Something that greets as an FTP server does. */
export interface FoundServer {
  readonly address: string;
  readonly port: number;
  /** Its own words. */
  readonly greeting: string;
  /** The machine that is registered with this address. */
  readonly name?: string;
}

/** Fields of a machine that a person may change; null clears one. */
export interface MachineChange {
  readonly name?: string;
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

/** A bundle on its way by hand. The job is nobody's: what comes of it is not waited for. */
export interface HandDelivery {
  readonly bundle: Bundle;
  readonly jobId: string;
  readonly job: Uint8Array;
  readonly files: readonly {
    readonly name: string;
    readonly stage: string;
    readonly sha256: string;
    readonly sizeBytes: number;
  }[];
}

/** A log that somebody carried here. */
export interface LogImport {
  /** The artifact that it was uploaded as: a LOG of an agent, or only what a program printed. */
  readonly log: string;
  /** The agent's END of it. */
  readonly end?: Uint8Array;
  /** Where nobody wrote an END. */
  readonly exitCode?: number;
  /** Both are needed, unless it is the log of a run that is known. */
  readonly machine?: string;
  readonly bundle?: string;
  readonly parameters: ParameterValues;
  readonly requestedBy: string;
  readonly request?: RequestKey;
}

export interface BenchmarkRequest {
  readonly name?: string;
  readonly bundles: readonly string[];
  readonly machines: Selector;
  readonly parameters: ParameterValues;
  readonly limits: Partial<RunLimits>;
  readonly repetitions: number;
  readonly warmUps: number;
  /** Deploy first where a bundle is not. */
  readonly deploy: boolean;
  readonly requestedBy: string;
  readonly request?: RequestKey;
}

/** What is known of how a machine does, for the person who asks why. */
export interface MachineReport {
  readonly machine: Machine;
  readonly lane?: Lane;
  readonly absence?: Absence;
  /** Last FTP control lines, oldest first, passwords masked. */
  readonly transcript: readonly string[];
  /** What to look at, most likely first. */
  readonly advice: readonly string[];
}

/** What is worth knowing of runs on a machine before they are over. */
export interface RunNote {
  readonly machine: string;
  readonly code: string;
  readonly message: string;
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
  /** The machine that logs in here by itself with this user and password; undefined: there is none. */
  admitVisitor(login: VisitorLogin): Promise<Machine | undefined>;
  /** Who greets as an FTP server does in a network; slowly. Throws INVALID_REQUEST for a large one. */
  scan(request: ScanRequest): Promise<FoundServer[]>;
  /** Takes a machine's AGENT.NFO for its wish to join. Undefined when it makes no sense, or too many wait. */
  join(address: string, info: Uint8Array): Promise<JoinTicket | undefined>;
  /** Whether one that waits has this user and password. */
  admitNewcomer(login: VisitorLogin): Promise<boolean>;
  /** Machines that wait for somebody's word; the one that has waited longest first. */
  newcomers(): Promise<Newcomer[]>;
  /** Registers one that waits under this name. Throws WRONG_CODE, NAME_TAKEN, NOT_FOUND. */
  approve(name: string, approval: Approval): Promise<Machine>;
  changeMachine(name: string, change: MachineChange): Promise<Machine>;
  removeMachine(name: string): Promise<void>;
  /** MACHINE_BUSY while anything is queued or under way there. */
  retireMachine(name: string): Promise<Machine>;
  restoreMachine(name: string): Promise<Machine>;
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
  /** As `findBundle`; `starter` is the one that fits the machines. NO_READY_PROGRAM, STARTER_MIXED. */
  /** What a person needs to carry a bundle to a machine. Throws NOT_FOUND. */
  byHand(reference: string): Promise<HandDelivery>;
  findBundleFor(reference: string, machines: Selector): Promise<Bundle>;
  /** Makes the built-in bundles of what fleet98 brings with it; answers those that are new. */
  furnishStarters(): Promise<readonly Bundle[]>;
  readyPrograms(): Promise<readonly ReadyProgram[]>;
  /** NOT_FOUND; PROGRAM_DAMAGED when it is not the file that was shipped. */
  readReadyProgram(platform: string, file: string): Promise<Uint8Array>;
  /**
   * Puts the ready-made agent in the place of the one that runs there; answers when the new one has told of itself.
   * NO_READY_PROGRAM, AGENT_UNKNOWN_KIND, MACHINE_BUSY, UPDATE_FAILED while the old one goes on.
   */
  updateAgent(name: string, requestedBy: string): Promise<AgentUpdate>;

  deploy(request: {
    bundle: string;
    machines: Selector;
    requestedBy: string;
    /** Kept with what it makes; a key that was kept before makes nothing and is thrown out. */
    request?: RequestKey;
  }): Promise<{ deployment: Deployment; targets: Target[] }>;
  /** What deploying would do; nothing is saved, and no machine is asked. */
  planDeployment(bundle: Bundle, machines: Selector): Promise<MachinePlan[]>;
  cancelDeployment(id: number): Promise<void>;
  /** A new deployment of the version that was on the machines before. NO_OLDER_VERSION, ROLLBACK_UNCLEAR. */
  rollBackDeployment(
    id: number,
    requestedBy: string,
    request?: RequestKey,
  ): Promise<{ deployment: Deployment; targets: Target[] }>;
  /** Measures what is placed on a machine, or one bundle (`name[@version]`) of it. NOT_DEPLOYED, MACHINE_BUSY. */
  verifyMachine(name: string, bundle?: string): Promise<BundleCheck[]>;
  /** Takes a bundle version from a machine. NOT_DEPLOYED, BUNDLE_IN_USE, MACHINE_BUSY. */
  removeBundle(name: string, bundle: string): Promise<Bundle>;

  run(request: {
    bundle: string;
    machines: Selector;
    parameters: ParameterValues;
    limits: Partial<RunLimits>;
    /** Deploy first where the bundle is not. */
    deploy: boolean;
    requestedBy: string;
    request?: RequestKey;
  }): Promise<Run[]>;
  /** What runs are like on those of the machines where they are not as usual; names that nobody has are passed over. */
  runNotes(names: readonly string[]): Promise<RunNote[]>;
  /** Of a run that cannot be stopped now the answer says so: CANNOT_STOP. */
  cancelRun(id: number): Promise<Run>;
  /** Closes a run by hand that no machine can tell of. RUN_NOT_LOST for one that is under way. */
  abandonRun(id: number): Promise<Run>;
  /** A run by its log that was carried here by hand. LOG_REFUSED, ALREADY_ENDED, RUN_NOT_LOST, ARTIFACT_MISSING. */
  importRun(request: LogImport): Promise<Run>;
  /** Saved with all of its runs in one step; they are carried out like any others, in order on each machine. */
  createBenchmark(request: BenchmarkRequest): Promise<Benchmark>;
  /** Ends what has not begun and asks the rest to stop; ALREADY_ENDED when nothing is left. */
  cancelBenchmark(id: number): Promise<void>;
  /** What it says so far. */
  reportBenchmark(id: number): Promise<BenchmarkReport>;
  /** The token events of what is stored of the run's log so far; NOT_FOUND at the first step. */
  tokenEvents(runId: number): AsyncIterable<TokenEvent & { readonly text: string }>;
  /**
   * The run as it goes: its state now, then every token item with an offset above `fromOffset` (none lost, none twice),
   * state changes as they happen, and `end`. Ends without `end` when `signal` is aborted.
   */
  followRun(runId: number, fromOffset: number, signal: AbortSignal): AsyncIterable<RunFeedItem>;

  /** Everything but the key as one tar, while work goes on. */
  backup(): Promise<Readable>;
  /** Checks a backup and lays it ready for the next start. BACKUP_DAMAGED leaves everything as it is. */
  stageRestore(source: AsyncIterable<Uint8Array>): Promise<void>;

  /** Takes up what was under way when the daemon stopped, then starts new work as lanes come free. */
  start(): Promise<void>;
  /** Stops following and sending; nothing on the machines is stopped. Resolves when all sessions are closed. */
  stop(): Promise<void>;
}
