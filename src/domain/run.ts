import type { ParameterValues } from './bundle.ts';
import type { StateTable } from './state-table.ts';
import type { Timing } from './timing.ts';

export type RunState =
  | 'queued'
  | 'starting'
  | 'running'
  | 'collecting'
  | 'canceling'
  | 'lost'
  | 'succeeded'
  | 'failed'
  | 'timed-out'
  | 'canceled';

export type RunEvent =
  | 'start'
  /** Its job lies on the machine, and a person there has to let the agent at it. */
  | 'park'
  /** The FTP server has left, so that the agent takes the job, unseen. */
  | 'left'
  | 'claimed'
  | 'ended'
  | 'cancel'
  | 'lose'
  /** A lost run was found under way. */
  | 'found'
  /** A run that was lost, or went on unseen, was found not to have begun. */
  | 'unclaimed'
  /** A person closes a run that no machine can tell of. */
  | 'abandon'
  /** Its log was carried here by hand; no job of it was ever sent. */
  | 'brought'
  | 'succeed'
  | 'fail'
  | 'time-out'
  | 'stopped';

const outcomes = {
  succeed: 'succeeded',
  fail: 'failed',
  'time-out': 'timed-out',
  stopped: 'canceled',
} as const;

export const runTable: StateTable<RunState, RunEvent> = {
  queued: { start: 'starting', cancel: 'canceled', fail: 'failed', brought: 'collecting' },
  starting: {
    claimed: 'running',
    park: 'queued',
    left: 'running',
    ended: 'collecting',
    cancel: 'canceling',
    lose: 'lost',
    fail: 'failed',
  },
  running: { unclaimed: 'starting', ended: 'collecting', cancel: 'canceling', lose: 'lost', fail: 'failed' },
  collecting: { ...outcomes, lose: 'lost' },
  canceling: { ended: 'collecting', claimed: 'canceling', lose: 'lost', abandon: 'failed', ...outcomes },
  lost: {
    found: 'running',
    unclaimed: 'starting',
    ended: 'collecting',
    cancel: 'canceling',
    abandon: 'failed',
    ...outcomes,
  },
  succeeded: {},
  failed: {},
  'timed-out': {},
  canceled: {},
};

export const runEndStates: readonly RunState[] = ['succeeded', 'failed', 'timed-out', 'canceled'];
export const isRunEnded = (state: RunState): boolean => runEndStates.includes(state);

export interface RunLimits {
  /** Killed by the agent after so many seconds of wall time; 0: none. */
  readonly limitSeconds: number;
  /** Killed by the agent after so many seconds without output; 0: none. */
  readonly quietSeconds: number;
  readonly logMaxBytes: number;
}

/** Things that are true of a run beside its state and worth knowing when its figures are read. */
export type RunFlag =
  | 'log-cut'
  /** Only the beginning of its text is kept. */
  | 'text-cut'
  | 'machine-lost-log'
  | 'log-conflict'
  | 'exit-after-end'
  | 'no-end-marker'
  | 'followed-quietly'
  /** It was under way in the backup that the data directory was restored from. */
  | 'restored'
  | 'parameters-by-engine'
  /** A person brought its log here and vouches for it. */
  | 'by-hand';

/** How the agent said that the job ended: the END file. */
export interface RunEnd {
  readonly reason: string;
  readonly exitCode?: number;
  readonly signal?: number;
  /** Process id that the program had, where the system has one. */
  readonly pid?: number;
  readonly why?: string;
  readonly systemError?: string;
  readonly wallMs?: number;
  readonly outputBytes?: number;
  readonly errorBytes?: number;
  readonly logBytes?: number;
  readonly logCrc32?: string;
  readonly logCut: boolean;
  readonly blockedMs?: number;
  readonly kept: readonly {
    readonly name: string;
    readonly slot: number;
    readonly sizeBytes: number;
    readonly crc32: string;
  }[];
}

/** One execution of a bundle's command on one machine. */
export interface Run {
  readonly id: number;
  readonly machineId: string;
  readonly machineName: string;
  readonly bundleId: number;
  readonly bundleName: string;
  readonly bundleVersion: number;
  readonly parameters: ParameterValues;
  readonly limits: RunLimits;
  readonly state: RunState;
  readonly code?: string;
  readonly detail?: string;
  readonly cancelRequested: boolean;
  /** Job id and token on the machine; random, saved before the job is delivered. */
  readonly jobId?: string;
  readonly jobToken?: string;
  /** Process id on the machine, where the agent told it. */
  readonly pid?: number;
  /** The machine is a simulation; its figures are never mixed with real ones. */
  readonly simulated: boolean;
  readonly engine?: string;
  readonly text?: string;
  readonly tokens?: number;
  readonly timing?: Timing;
  readonly end?: RunEnd;
  readonly flags: readonly RunFlag[];
  readonly requestedBy: string;
  readonly createdAtMs: number;
  readonly startedAtMs?: number;
  /** When the daemon first saw that the agent had taken the job; before that the job may be delivered again. */
  readonly claimedAtMs?: number;
  readonly endedAtMs?: number;
  /** When the raw log was removed for its age. */
  readonly logExpiredAtMs?: number;
}

/** A queued run whose job lies on its machine already, until a person there lets the agent at it. */
export const isParked = ({ state, jobId }: Pick<Run, 'state' | 'jobId'>): boolean =>
  state === 'queued' && jobId !== undefined;
