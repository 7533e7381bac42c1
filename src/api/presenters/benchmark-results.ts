import { stringify } from 'csv-stringify/sync';
import type { BenchmarkResult } from '../../contract/benchmarks.ts';
import { isCounted } from '../../domain/benchmark.ts';
import type { BenchmarkRun } from '../../domain/benchmark.ts';
import { isRunEnded } from '../../domain/run.ts';
import type { BenchmarkReport } from '../../operations/benchmark-report.ts';
import { defined } from '../defined.ts';
import { presentStatistics, presentSubject } from './benchmark.ts';

const idsOf = (runs: readonly BenchmarkRun[]): number[] => runs.map(({ id }) => id);

/** The figures of a benchmark, each with all that it needs to be understood alone; nothing is rounded. */
export function presentResults({ benchmark, rows }: BenchmarkReport): BenchmarkResult[] {
  return rows.flatMap((row) => {
    const measured = row.runs.filter(({ role }) => role === 'measured');
    return row.statistics.map((figure) =>
      defined({
        benchmark: benchmark.id,
        name: benchmark.name,
        ...presentSubject(row),
        ...presentStatistics(figure),
        flags: [...row.flags],
        runs: [...figure.runIds],
        warmUps: idsOf(row.runs.filter(({ role }) => role === 'warm-up')),
        failed: idsOf(measured.filter((run) => isRunEnded(run.state) && !isCounted(run))),
        waiting: idsOf(measured.filter(({ state }) => !isRunEnded(state))),
      }),
    );
  });
}

export const jsonLines = (results: readonly BenchmarkResult[]): string =>
  results.map((result) => `${JSON.stringify(result)}\n`).join('');

const columns: readonly (keyof BenchmarkResult)[] = [
  'benchmark',
  'name',
  'machine',
  'kind',
  'cpu',
  'os',
  'bundle',
  'checkpoint',
  'definition',
  'unit',
  'n',
  'mean',
  'deviation',
  'median',
  'min',
  'max',
  'source',
  'clock',
  'stepMs',
  'cautions',
  'flags',
  'runs',
  'warmUps',
  'failed',
  'waiting',
];

/** With a line of names; lists have spaces between their items. Text that a spreadsheet would take for a formula is not. */
export function csv(results: readonly BenchmarkResult[]): string {
  const cells = results.map((result) =>
    columns.map((column) => {
      const value = result[column];
      return Array.isArray(value) ? value.join(' ') : value;
    }),
  );
  return stringify([[...columns], ...cells], { escape_formulas: true });
}
