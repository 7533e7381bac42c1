import type {
  Benchmark as BenchmarkAnswer,
  BenchmarkRow as RowAnswer,
  BenchmarkSummary,
  Statistics,
} from '../../contract/benchmarks.ts';
import { benchmarkState, figureDefinitions, isCounted } from '../../domain/benchmark.ts';
import type { Benchmark, BenchmarkRun, FigureStatistics } from '../../domain/benchmark.ts';
import type { Comparison } from '../../domain/leaderboard.ts';
import type { BenchmarkReport, ReportRow } from '../../operations/benchmark-report.ts';
import type { BenchmarkCount } from '../../store/benchmarks.ts';
import { defined } from '../defined.ts';
import { bundleReference } from './bundle.ts';
import { isoTime, isoTimeIfKnown } from './time.ts';

export const presentStatistics = (figure: FigureStatistics): Statistics => {
  const { runIds: _, cautions, ...rest } = figure;
  return { ...rest, unit: figureDefinitions[figure.definition].unit, cautions: [...cautions] };
};

/** The fields that a row and its flat results share. */
export const presentSubject = (row: ReportRow) =>
  defined({
    machine: row.machineName,
    kind: row.kind,
    cpu: row.cpu,
    os: row.os,
    bundle: bundleReference(row.bundleName, row.bundleVersion),
    checkpoint: row.checkpoint,
  });

const presentRun = (run: BenchmarkRun): RowAnswer['runs'][number] =>
  defined({
    id: run.id,
    role: run.role,
    ordinal: run.ordinal,
    state: run.state,
    counted: isCounted(run),
    code: run.code,
    detail: run.detail,
    startedAt: isoTimeIfKnown(run.startedAtMs),
    endedAt: isoTimeIfKnown(run.endedAtMs),
  });

const presentComparison = ({ checkpoint, groups }: Comparison): BenchmarkAnswer['leaderboard'][number] => ({
  checkpoint,
  real: [...groups.real],
  emulated: [...groups.emulated],
  simulated: [...groups.simulated],
});

/** `counts` are those of this benchmark. */
export function presentBenchmarkSummary(
  benchmark: Benchmark,
  counts: readonly Omit<BenchmarkCount, 'benchmarkId'>[],
): BenchmarkSummary {
  const byState: Record<string, number> = {};
  for (const { state, count } of counts) byState[state] = (byState[state] ?? 0) + count;
  const bundles = counts.map(({ bundleName, bundleVersion }) => bundleReference(bundleName, bundleVersion));
  return defined({
    id: benchmark.id,
    name: benchmark.name,
    state: benchmarkState(counts.map(({ state }) => state)),
    bundles: [...new Set(bundles)],
    parameters: benchmark.parameters,
    limits: benchmark.limits,
    repetitions: benchmark.repetitions,
    warmUps: benchmark.warmUps,
    requestedBy: benchmark.requestedBy,
    createdAt: isoTime(benchmark.createdAtMs),
    counts: byState,
  });
}

export function presentBenchmark({ benchmark, rows, comparisons }: BenchmarkReport): BenchmarkAnswer {
  const counts = rows.flatMap(({ runs }) => runs.map((run) => ({ ...run, count: 1 })));
  return {
    ...presentBenchmarkSummary(benchmark, counts),
    rows: rows.map((row) => ({
      ...presentSubject(row),
      statistics: row.statistics.map(presentStatistics),
      flags: [...row.flags],
      runs: row.runs.map(presentRun),
    })),
    leaderboard: comparisons.map(presentComparison),
  };
}
