import type { ClockSource, Figure, Timing } from './timing.ts';
import type { EngineReport } from './token-log.ts';

export interface ClockFacts {
  readonly name: string;
  /** Smallest step in milliseconds; 0 when it is not known. */
  readonly stepMs: number;
}

export interface TimingInput {
  readonly times: TextTimes;
  readonly report: EngineReport;
  readonly agentClock: ClockFacts;
  /** The clock that the engine measures its rate with, where it is known. */
  readonly engineClock?: ClockFacts;
  /** Start to end of the program, as the agent measured it. */
  readonly wallMs?: number;
}

/** Of more gaps than this none is kept: their median and percentile then cannot be told. */
const MAX_GAPS = 1_000_000;

/** When the pieces of a text came, taken in one by one, so that a log of any length can be measured. */
export class TextTimes {
  #count = 0;
  #firstMs = 0;
  #lastMs = 0;
  #wentBack = false;
  #gaps: number[] = [];

  add(atMs: number): void {
    if (this.#count === 0) this.#firstMs = atMs;
    else this.#addGap(atMs - this.#lastMs);
    this.#lastMs = atMs;
    this.#count += 1;
  }

  get firstMs(): number | undefined {
    return this.#count === 0 ? undefined : this.#firstMs;
  }

  /** First to last, over so many gaps; undefined when the clock went back on the way, or of fewer than two. */
  get span(): { readonly ms: number; readonly gaps: number } | undefined {
    if (this.#count < 2 || this.#wentBack) return undefined;
    return { ms: this.#lastMs - this.#firstMs, gaps: this.#count - 1 };
  }

  /** Shortest first; none when there were too many. */
  sortedGaps(): readonly number[] {
    return this.#count - 1 > MAX_GAPS ? [] : this.#gaps.toSorted((a, b) => a - b);
  }

  #addGap(gapMs: number): void {
    if (gapMs < 0) this.#wentBack = true;
    if (this.#gaps.length < MAX_GAPS) this.#gaps.push(gapMs);
  }
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

/** Figures from the times between pieces of text. */
function spanFigures(times: TextTimes, clock: ClockFacts): Timing {
  const { span } = times;
  if (!span || !isMeasured(span.ms, clock)) return {};
  const sorted = times.sortedGaps();
  const gapMedianMs = median(sorted);
  const gapP95Ms = percentile(sorted, 0.95);
  return {
    intervalTokensPerSecond: figure((span.gaps / span.ms) * 1000, 'agent', clock),
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
  const ttftMs = input.times.firstMs;
  const { tokensPerSecond } = report;
  return {
    ...(ttftMs !== undefined &&
      isMeasured(ttftMs, agentClock) && { ttftMs: figure(ttftMs, 'agent', agentClock) }),
    ...spanFigures(input.times, agentClock),
    ...(tokensPerSecond !== undefined && {
      reportedTokensPerSecond: figure(tokensPerSecond, 'engine', input.engineClock ?? unknownClock),
    }),
    ...(wallMs !== undefined &&
      isMeasured(wallMs, agentClock) && { wallMs: figure(wallMs, 'agent', agentClock) }),
  };
}
