import type { ParameterValues } from './bundle.ts';
import type { Run, RunFlag, RunLimits, RunState } from './run.ts';
import { isRunEnded } from './run.ts';
import type { ClockSource, Timing } from './timing.ts';

/** A plan of repeated runs: each of its bundles on each of its machines, first to warm up, then to be measured. */
export interface Benchmark {
  readonly id: number;
  readonly name?: string;
  readonly parameters: ParameterValues;
  readonly limits: RunLimits;
  /** Runs that are measured, per machine and bundle. */
  readonly repetitions: number;
  /** Runs before them that are not. */
  readonly warmUps: number;
  readonly requestedBy: string;
  readonly createdAtMs: number;
}

export type BenchmarkRole = 'warm-up' | 'measured';

/** A run as its benchmark sees it. */
export interface BenchmarkRun extends Pick<
  Run,
  | 'id'
  | 'machineId'
  | 'machineName'
  | 'bundleId'
  | 'bundleName'
  | 'bundleVersion'
  | 'state'
  | 'code'
  | 'detail'
  | 'simulated'
  | 'engine'
  | 'tokens'
  | 'timing'
  | 'flags'
  | 'startedAtMs'
  | 'endedAtMs'
> {
  readonly role: BenchmarkRole;
  /** Counts up from 1 within the role, machine and bundle. */
  readonly ordinal: number;
}

/** Only these count: neither warm-ups nor runs that went wrong. */
export const isCounted = ({ role, state }: Pick<BenchmarkRun, 'role' | 'state'>): boolean =>
  role === 'measured' && state === 'succeeded';

export type BenchmarkState = 'queued' | 'active' | 'done' | 'partly-failed' | 'failed' | 'canceled';

/** A benchmark's state is computed from its runs, warm-ups too, and never stored. */
export function benchmarkState(runs: readonly RunState[]): BenchmarkState {
  if (runs.every((state) => state === 'queued')) return 'queued';
  if (!runs.every(isRunEnded)) return 'active';
  const good = runs.filter((state) => state === 'succeeded').length;
  if (good === runs.length) return 'done';
  if (good > 0) return 'partly-failed';
  return runs.every((state) => state === 'canceled') ? 'canceled' : 'failed';
}

/** What is measured of a run, each by its own definition; they are never averaged with each other. */
export const figureDefinitions = {
  'tool.reported': { unit: 'tok/s', figure: 'reportedTokensPerSecond' },
  'tg.interval': { unit: 'tok/s', figure: 'intervalTokensPerSecond' },
  ttft: { unit: 'ms', figure: 'ttftMs' },
  wall: { unit: 'ms', figure: 'wallMs' },
} as const satisfies Record<string, { readonly unit: string; readonly figure: keyof Timing }>;

export type FigureDefinition = keyof typeof figureDefinitions;

/** `coarse-clock`: a step of the clock is more than 1 % of what was measured; `clock-unknown`: nobody told its step. */
export type Caution = 'coarse-clock' | 'clock-unknown';

/** One definition of a figure over the runs that count. Without any, `n` is 0 and nothing else is known. */
export interface FigureStatistics {
  readonly definition: FigureDefinition;
  readonly n: number;
  readonly mean?: number;
  /** Of the sample, with n - 1; absent for one run. */
  readonly deviation?: number;
  readonly median?: number;
  readonly min?: number;
  readonly max?: number;
  readonly source?: ClockSource;
  readonly clock?: string;
  /** The coarsest step among the runs in milliseconds; 0 where it is not known. */
  readonly stepMs?: number;
  readonly cautions: readonly Caution[];
  /** Ids of the runs that gave it. */
  readonly runIds: readonly number[];
}

/** One version of a bundle on one machine; real and simulated runs of a machine are two rows. */
export interface BenchmarkRow {
  readonly machineId: string;
  readonly machineName: string;
  readonly bundleId: number;
  readonly bundleName: string;
  readonly bundleVersion: number;
  readonly simulated: boolean;
  readonly statistics: readonly FigureStatistics[];
  /** What is true of some run that counts and worth knowing. */
  readonly flags: readonly RunFlag[];
  readonly runs: readonly BenchmarkRun[];
}
