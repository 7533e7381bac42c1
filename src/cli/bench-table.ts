import type { Benchmark, BenchmarkRow, FigureDefinition } from '../contract/benchmarks.ts';
import { meanAndDeviation, publishedRate } from '../contract/rounding.ts';
import { table } from './format.ts';
import { visibleLine } from './visible.ts';

const definitions: readonly FigureDefinition[] = ['tool.reported', 'tg.interval', 'ttft', 'wall'];
const kinds = ['real', 'emulated', 'simulated'] as const;

type Comparison = Benchmark['leaderboard'][number];

/** Two figures of one definition were taken by two clocks. */
function figureOf({ statistics }: BenchmarkRow, definition: FigureDefinition): string {
  return statistics
    .filter((figure) => figure.definition === definition)
    .map(({ mean, deviation }) => (mean === undefined ? '-' : meanAndDeviation(mean, deviation)))
    .join(' / ');
}

function notesOf({ statistics, flags, runs }: BenchmarkRow): string {
  const coarse = statistics
    .filter(({ cautions }) => cautions.includes('coarse-clock'))
    .map(({ definition }) => definition);
  const codes = runs.flatMap(({ counted, code }) => (counted || code === undefined ? [] : code));
  return [
    coarse.length > 0 ? `coarse-clock: ${coarse.join(', ')}` : '',
    ...flags.filter((flag) => flag !== 'followed-quietly'),
    ...new Set(codes),
  ]
    .filter((note) => note !== '')
    .join('; ');
}

function countedOf({ runs }: BenchmarkRow): string {
  const measured = runs.filter(({ role }) => role === 'measured');
  return `${measured.filter(({ counted }) => counted).length} of ${measured.length}`;
}

const figures = ({ rows }: Benchmark): string =>
  table(
    [
      'MACHINE',
      'KIND',
      'BUNDLE',
      'COUNTED',
      'TOOL.REPORTED TOK/S',
      'TG.INTERVAL TOK/S',
      'TTFT MS',
      'WALL MS',
      'NOTES',
    ],
    rows.map((row) => [
      row.machine,
      row.kind,
      row.bundle,
      countedOf(row),
      ...definitions.map((definition) => figureOf(row, definition)),
      notesOf(row),
    ]),
  );

/** Whose clocks the figures are by, each said once. */
function clocks({ rows }: Benchmark): string {
  const known = rows.flatMap(({ statistics }) => statistics.filter(({ n }) => n > 0));
  const byClock = new Map<string, Set<string>>();
  for (const { source, clock, stepMs, definition } of known) {
    const step = stepMs === 0 ? 'step not known' : `step ${stepMs} ms`;
    const name = visibleLine(`the ${source}’s clock (${clock}, ${step})`);
    byClock.set(name, (byClock.get(name) ?? new Set()).add(definition));
  }
  return [...byClock].map(([name, measured]) => `${[...measured].join(', ')}: by ${name}\n`).join('');
}

function comparison(compared: Comparison): string {
  const { checkpoint } = compared;
  const published = kinds.flatMap((kind) => compared[kind]).filter(({ n }) => n === undefined);
  if (published.length === 0) return `\nNobody published a result for a model of ${checkpoint} parameters.\n`;
  return kinds
    .filter((kind) => compared[kind].length > 0)
    .map((kind) => {
      const rows = compared[kind].map((standing) => [
        standing.machine,
        standing.cpu ?? '',
        standing.engine ?? '',
        standing.n === undefined ? publishedRate(standing) : meanAndDeviation(standing.tokensPerSecond),
        standing.definition,
        standing.source ?? `this benchmark, n = ${standing.n}`,
      ]);
      const heads = ['MACHINE', 'CPU', 'ENGINE', 'TOK/S', 'DEFINITION', 'SOURCE'];
      return `\nModels of ${checkpoint} on ${kind} machines:\n${table(heads, rows)}`;
    })
    .join('');
}

/** Mean ± sample deviation for each machine and definition, then whose clocks, then the published results. */
export function benchmarkTable(benchmark: Benchmark): string {
  return [figures(benchmark), clocks(benchmark), ...benchmark.leaderboard.map(comparison)].join('');
}
