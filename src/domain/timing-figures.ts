import type { ClockSource, Figure, Timing } from './timing.ts';
import type { EngineReport, TokenEvent } from './token-log.ts';

export interface ClockFacts {
  readonly name: string;
  /** Smallest step in milliseconds; 0 when it is not known. */
  readonly stepMs: number;
}

export interface TimingInput {
  readonly events: readonly TokenEvent[];
  readonly report: EngineReport;
  readonly agentClock: ClockFacts;
  /** The clock that the engine measures its rate with, where it is known. */
  readonly engineClock?: ClockFacts;
  /** Start to end of the program, as the agent measured it. */
  readonly wallMs?: number;
}

const unknownClock: ClockFacts = { name: 'unknown', stepMs: 0 };

const figure = (value: number, source: ClockSource, clock: ClockFacts): Figure => ({
  value,
  source,
  clock: clock.name,
  stepMs: clock.stepMs,
});

/** What is shorter than one step of its clock was not measured. */
const isMeasured = (durationMs: number, clock: ClockFacts): boolean =>
  Number.isFinite(durationMs) && durationMs > 0 && durationMs >= clock.stepMs;

/** Nearest-rank percentile of sorted values. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

/** Figures from the times between pieces of text. None when the clock went back on the way. */
function spanFigures(timesMs: readonly number[], clock: ClockFacts): Timing {
  const gaps = timesMs.slice(1).map((atMs, index) => atMs - (timesMs[index] ?? atMs));
  const spanMs = gaps.reduce((sum, gap) => sum + gap, 0);
  if (gaps.length === 0 || gaps.some((gap) => gap < 0) || !isMeasured(spanMs, clock)) return {};
  const sorted = gaps.toSorted((a, b) => a - b);
  const gapMedianMs = median(sorted);
  const gapP95Ms = percentile(sorted, 0.95);
  return {
    intervalTokensPerSecond: figure((gaps.length / spanMs) * 1000, 'agent', clock),
    ...(isMeasured(gapMedianMs, clock) && { gapMedianMs: figure(gapMedianMs, 'agent', clock) }),
    ...(isMeasured(gapP95Ms, clock) && { gapP95Ms: figure(gapP95Ms, 'agent', clock) }),
  };
}

/**
 * The figures of a run. One that cannot be known is absent: of fewer than two pieces of text there is no rate, and no
 * duration below the step of the clock that it was taken with.
 */
export function timingOf(input: TimingInput): Timing {
  const { agentClock, report, wallMs } = input;
  const timesMs = input.events.filter((event) => event.bytes.length > 0).map((event) => event.atMs);
  const ttftMs = timesMs[0];
  const { tokensPerSecond } = report;
  return {
    ...(ttftMs !== undefined &&
      isMeasured(ttftMs, agentClock) && { ttftMs: figure(ttftMs, 'agent', agentClock) }),
    ...spanFigures(timesMs, agentClock),
    ...(tokensPerSecond !== undefined && {
      reportedTokensPerSecond: figure(tokensPerSecond, 'engine', input.engineClock ?? unknownClock),
    }),
    ...(wallMs !== undefined &&
      isMeasured(wallMs, agentClock) && { wallMs: figure(wallMs, 'agent', agentClock) }),
  };
}
