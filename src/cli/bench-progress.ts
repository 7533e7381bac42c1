import type { Benchmark, BenchmarkRow } from '../contract/benchmarks.ts';
import { duration } from './format.ts';
import type { Output } from './io.ts';
import { visibleLine } from './visible.ts';

type BenchRun = BenchmarkRow['runs'][number] & { readonly machine: string; readonly bundle: string };

const PLAIN_EVERY_MS = 10_000;
const MAX_NOW = 4;
const ends: readonly string[] = ['succeeded', 'failed', 'timed-out', 'canceled'];

const isEnded = ({ state }: BenchRun): boolean => ends.includes(state);
const isActive = (run: BenchRun): boolean => run.state !== 'queued' && !isEnded(run);

const runsOf = ({ rows }: Benchmark): BenchRun[] =>
  rows.flatMap(({ machine, bundle, runs }) => runs.map((run) => ({ ...run, machine, bundle })));

const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;

/** How long runs took, in milliseconds; by machine and bundle, and where nothing is known of those, by all. */
class Durations {
  readonly #ended: readonly { readonly key: string; readonly ms: number }[];

  constructor(runs: readonly BenchRun[]) {
    this.#ended = runs.flatMap((run) =>
      isEnded(run) && run.startedAt !== undefined && run.endedAt !== undefined
        ? { key: `${run.machine} ${run.bundle}`, ms: Date.parse(run.endedAt) - Date.parse(run.startedAt) }
        : [],
    );
  }

  expected({ machine, bundle }: BenchRun): number | undefined {
    const same = this.#ended.filter(({ key }) => key === `${machine} ${bundle}`);
    return mean((same.length > 0 ? same : this.#ended).map(({ ms }) => ms));
  }
}

/**
 * Seconds until the slowest machine is through, from how long runs took so far; undefined while none has ended.
 * `sinceMs` says for how long a run is under way.
 */
export function remainingSeconds(
  benchmark: Benchmark,
  sinceMs: (runId: number) => number,
): number | undefined {
  const runs = runsOf(benchmark);
  const durations = new Durations(runs);
  const left = new Map<string, number>();
  for (const run of runs) {
    if (isEnded(run)) continue;
    const expected = durations.expected(run);
    if (expected === undefined) return undefined;
    const ms = isActive(run) ? Math.max(0, expected - sinceMs(run.id)) : expected;
    left.set(run.machine, (left.get(run.machine) ?? 0) + ms);
  }
  return Math.max(0, ...left.values()) / 1000;
}

function describeNow(benchmark: Benchmark, runs: readonly BenchRun[]): string {
  const active = runs.filter(isActive);
  const shown = active.slice(0, MAX_NOW).map(({ machine, id, role, ordinal }) => {
    const total = role === 'measured' ? benchmark.repetitions : benchmark.warmUps;
    return `${machine} run ${id} (${role} ${ordinal} of ${total})`;
  });
  const more = active.length > MAX_NOW ? [`${active.length - MAX_NOW} more`] : [];
  return active.length === 0 ? '' : `; now ${[...shown, ...more].join(', ')}`;
}

/** Shows how a benchmark goes: a line that is redrawn on a terminal, plain lines elsewhere. */
export class BenchProgress {
  readonly #output: Output;
  readonly #firstSeenMs = new Map<number, number>();
  #shownAtMs: number | undefined;
  #isDrawn = false;

  constructor(output: Output) {
    this.#output = output;
  }

  show(benchmark: Benchmark, nowMs: number): void {
    const runs = runsOf(benchmark);
    for (const { id } of runs.filter(isActive)) {
      if (!this.#firstSeenMs.has(id)) this.#firstSeenMs.set(id, nowMs);
    }
    const ended = runs.filter(isEnded).length;
    if (this.#output.isTTY) {
      const text = this.#describe(benchmark, runs, nowMs).slice(0, (this.#output.columns ?? 80) - 1);
      this.#output.write(`${this.#isDrawn ? '\u001b[1A' : ''}\u001b[J${text}\n`);
      this.#isDrawn = true;
      return;
    }
    const isDue = this.#shownAtMs === undefined || nowMs - this.#shownAtMs >= PLAIN_EVERY_MS;
    if (!isDue && ended < runs.length) return;
    this.#shownAtMs = nowMs;
    this.#output.write(`${this.#describe(benchmark, runs, nowMs)}\n`);
  }

  #describe(benchmark: Benchmark, runs: readonly BenchRun[], nowMs: number): string {
    const ended = runs.filter(isEnded);
    const bad = ended.filter(({ state }) => state !== 'succeeded').length;
    const left = remainingSeconds(benchmark, (id) => nowMs - (this.#firstSeenMs.get(id) ?? nowMs));
    const isOver = ended.length === runs.length;
    return visibleLine(
      [
        `${ended.length} of ${runs.length} runs ended`,
        bad > 0 ? `, ${bad} not well` : '',
        describeNow(benchmark, runs),
        left === undefined || isOver ? '' : `; about ${duration(left)} left`,
      ].join(''),
    );
  }
}
