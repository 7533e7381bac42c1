import type { StateTable } from './state-table.ts';

export type PlatformId = 'win9x' | 'winnt' | 'msdos' | 'linux' | 'unix';
export const platformIds: readonly PlatformId[] = ['win9x', 'winnt', 'msdos', 'linux', 'unix'];

export type MachineState = 'new' | 'ready' | 'retired';
export type MachineEvent = 'probed' | 'retire' | 'restore';
export const machineTable: StateTable<MachineState, MachineEvent> = {
  new: { probed: 'ready', retire: 'retired' },
  ready: { probed: 'ready', retire: 'retired' },
  retired: { restore: 'ready' },
};

/** How the last contacts went; beside the state, and each value can heal. */
export type MachineHealth = 'unknown' | 'good' | 'late' | 'unreachable' | 'lost' | 'suspect';

/** What a probe found on the server's side of a machine. */
export interface MachineServer {
  readonly banner: string;
  readonly syst: string;
  readonly feat: readonly string[];
  readonly restartRead: boolean;
  readonly restartWrite?: 'appe' | 'rest';
  readonly dataConnections: readonly string[];
  /** SITE QUIT ends the server; asked only of machines that do one thing at a time. */
  readonly endServer?: boolean;
  /** Measured on 4 KiB or more; a hint, not a benchmark. */
  readonly writeBytesPerSecond?: number;
  readonly readBytesPerSecond?: number;
  /** Files in the spool of jobs that this daemon does not know; they are left alone. */
  readonly foreignFiles?: readonly string[];
}

/** AGENT.NFO as read last; every value is the machine's own word. */
export interface AgentFacts {
  readonly agent: string;
  readonly version: string;
  readonly build: string;
  readonly platform: string;
  readonly os: string;
  readonly name: string;
  readonly path: string;
  readonly cpu: string;
  /** What programs are built for there, such as `x86_64`; agents before 0.2.0 do not say. */
  readonly arch?: string;
  readonly mhz?: number;
  readonly ramKb?: number;
  readonly ramFreeKb?: number;
  readonly diskFreeKb?: number;
  readonly clock: string;
  readonly stepUs?: number;
  readonly uptimeSeconds?: number;
  readonly boot: number;
  readonly sequence: number;
  readonly job?: string;
  readonly childPid?: number;
  readonly agentPid?: number;
  readonly kinds: readonly string[];
  readonly hold: boolean;
  readonly simulated: boolean;
}

/** Who calls whom: we log in on the machine, or the machine logs in here. */
export const transportNames = ['push', 'depot'] as const;
export type TransportName = (typeof transportNames)[number];

export interface Machine {
  readonly id: string;
  readonly name: string;
  readonly state: MachineState;
  readonly health: MachineHealth;
  /** While held no new work starts; running work goes on. */
  readonly held: boolean;
  readonly transport: TransportName;
  /** Empty for a machine that comes by itself, until it was here. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Name of an environment variable that holds the password, instead of a stored one. */
  readonly passwordEnv?: string;
  readonly hasPassword: boolean;
  /** FTP path of the spool; undefined until given or found by a probe. */
  readonly spool?: string;
  readonly platform?: PlatformId;
  readonly labels: Readonly<Record<string, string>>;
  readonly writeChunkBytes: number;
  readonly server?: MachineServer;
  readonly agent?: AgentFacts;
  readonly simulated: boolean;
  /** `boot` of the agent at the last contact; a change makes placements unverified. */
  readonly boot?: number;
  readonly lastContactAtMs?: number;
  readonly lastError?: { readonly code: string; readonly detail: string; readonly atMs: number };
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
