import type { Benchmark, BenchmarkRow, FigureDefinition } from '../../contract/benchmarks.ts';
import { meanAndDeviation, publishedRate } from '../../contract/rounding.ts';

const definitions: readonly FigureDefinition[] = ['tool.reported', 'tg.interval', 'ttft', 'wall'];

/** Text of a machine or a person as a cell: what Markdown or a terminal would act upon does nothing. */
const cell = (text: string): string =>
  text
    // eslint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_[\]|!~#]/g, String.raw`\$&`);

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;

const table = (heads: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string =>
  [heads, heads.map(() => '---'), ...rows.map((row) => row.map((text) => cell(text ?? '')))]
    .map(line)
    .join('');

function figureOf(row: BenchmarkRow, definition: FigureDefinition): string {
  return row.statistics
    .filter((figure) => figure.definition === definition)
    .map(({ mean, deviation, cautions }) => {
      if (mean === undefined) return '-';
      const coarse = cautions.includes('coarse-clock') ? ' (coarse clock)' : '';
      return `${meanAndDeviation(mean, deviation)}${coarse}`;
    })
    .join(' / ');
}

const figures = ({ rows }: Benchmark): string =>
  table(
    [
      'machine',
      'kind',
      'cpu',
      'bundle',
      'runs',
      'tool.reported tok/s',
      'tg.interval tok/s',
      'ttft ms',
      'wall ms',
    ],
    rows.map((row) => [
      row.machine,
      row.kind,
      row.cpu,
      row.bundle,
      String(row.runs.filter(({ counted }) => counted).length),
      ...definitions.map((definition) => figureOf(row, definition)),
    ]),
  );

function clocks({ rows }: Benchmark): string {
  const known = rows.flatMap(({ machine, statistics }) =>
    statistics
      .filter(({ n }) => n > 0)
      .map(({ definition, source, clock, stepMs }) => [
        machine,
        definition,
        source,
        clock,
        stepMs === 0 ? 'not known' : `${stepMs} ms`,
      ]),
  );
  return table(['machine', 'figure', 'whose clock', 'clock', 'step'], known);
}

function notCounted({ rows }: Benchmark): string {
  const left = rows.flatMap(({ machine, bundle, runs }) =>
    runs
      .filter(({ counted }) => !counted)
      .map(({ id, role, state, code, detail }) => [
        String(id),
        machine,
        bundle,
        role,
        state,
        code === undefined ? '' : `${code}: ${detail ?? ''}`,
      ]),
  );
  return table(['run', 'machine', 'bundle', 'role', 'state', 'why'], left);
}

function comparison({ checkpoint, ...groups }: Benchmark['leaderboard'][number]): string {
  return (['real', 'emulated', 'simulated'] as const)
    .filter((kind) => groups[kind].length > 0)
    .map((kind) => {
      const rows = groups[kind].map((standing) => [
        standing.machine,
        standing.cpu,
        standing.os,
        standing.engine,
        standing.n === undefined ? publishedRate(standing) : meanAndDeviation(standing.tokensPerSecond),
        standing.definition,
        standing.source ?? `this benchmark, n = ${standing.n}`,
      ]);
      const heads = ['machine', 'cpu', 'os', 'engine', 'tok/s', 'definition', 'source'];
      return `\n## Models of ${checkpoint}: ${kind} machines\n\n${table(heads, rows)}`;
    })
    .join('');
}

/** A benchmark as a page in Markdown, rounded for people. */
export function markdown(benchmark: Benchmark): string {
  const { id, name, state, bundles, repetitions, warmUps, parameters, createdAt } = benchmark;
  const title = name === undefined ? '' : `: ${cell(name)}`;
  const set = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  return `# Benchmark ${id}${title}

${cell(bundles.join(', '))}, ${state}, ${createdAt}. For each machine and bundle ${repetitions} runs are measured after ${warmUps}
to warm up. Figures are mean ± sample deviation over the runs that count; logs were followed quietly.
${set.length > 0 ? `Parameters: ${cell(set.join(', '))}.\n` : ''}
${figures(benchmark)}
## Clocks

${clocks(benchmark)}
## Runs that do not count

${notCounted(benchmark)}${benchmark.leaderboard.map(comparison).join('')}`;
}
