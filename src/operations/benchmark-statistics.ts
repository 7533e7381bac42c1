import { max, mean, median, min, sampleStandardDeviation } from 'simple-statistics';
import { figureDefinitions, isCounted } from '../domain/benchmark.ts';
import type {
  BenchmarkRow,
  BenchmarkRun,
  Caution,
  FigureDefinition,
  FigureStatistics,
} from '../domain/benchmark.ts';
import type { RunFlag } from '../domain/run.ts';
import type { Figure } from '../domain/timing.ts';

/** A step of the clock may be this share of what was measured before the figure needs a caution. */
const FINE_SHARE = 0.01;

interface Sample {
  readonly runId: number;
  readonly figure: Figure;
  /** What was measured, in milliseconds; undefined when it cannot be told. */
  readonly spanMs: number | undefined;
}

const definitions: readonly FigureDefinition[] = ['tool.reported', 'tg.interval', 'ttft', 'wall'];

/**
 * The figures of a benchmark: a row for each version of a bundle on each machine, in the order of the runs. Each row has
 * every definition at least once; twice only where its runs were timed by different clocks.
 */
export function benchmarkRows(runs: readonly BenchmarkRun[]): BenchmarkRow[] {
  const groups = groupBy(runs, ({ machineId, bundleId, simulated }) =>
    [machineId, bundleId, simulated].join(' '),
  );
  return groups.flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { machineId, machineName, bundleId, bundleName, bundleVersion, simulated } = first;
    const counted = group.filter(isCounted);
    return {
      machineId,
      machineName,
      bundleId,
      bundleName,
      bundleVersion,
      simulated,
      statistics: definitions.flatMap((definition) => statisticsOf(definition, counted)),
      flags: [...new Set<RunFlag>(counted.flatMap(({ flags }) => flags))].toSorted(),
      runs: group,
    };
  });
}

function statisticsOf(definition: FigureDefinition, runs: readonly BenchmarkRun[]): FigureStatistics[] {
  const samples = runs.flatMap((run) => sampleOf(definition, run) ?? []);
  if (samples.length === 0) return [{ definition, n: 0, cautions: [], runIds: [] }];
  return groupBy(samples, ({ figure }) => `${figure.source} ${figure.clock}`).map((ofOneClock) =>
    summarize(definition, ofOneClock),
  );
}

function sampleOf(definition: FigureDefinition, run: BenchmarkRun): Sample | undefined {
  const { figure: key, unit } = figureDefinitions[definition];
  const figure = run.timing?.[key];
  if (!figure) return undefined;
  // A rate is over the gaps between the tokens.
  const gaps = run.tokens === undefined ? 0 : run.tokens - 1;
  const spanMs = unit === 'ms' ? figure.value : (gaps / figure.value) * 1000;
  return { runId: run.id, figure, spanMs: spanMs > 0 ? spanMs : undefined };
}

function summarize(definition: FigureDefinition, samples: readonly Sample[]): FigureStatistics {
  const values = samples.map(({ figure }) => figure.value);
  const first = samples[0]?.figure;
  return {
    definition,
    n: values.length,
    mean: mean(values),
    ...(values.length > 1 && { deviation: sampleStandardDeviation(values) }),
    median: median(values),
    min: min(values),
    max: max(values),
    ...(first && { source: first.source, clock: first.clock }),
    stepMs: max(samples.map(({ figure }) => figure.stepMs)),
    cautions: cautionsOf(samples),
    runIds: samples.map(({ runId }) => runId),
  };
}

function cautionsOf(samples: readonly Sample[]): Caution[] {
  const cautions: Caution[] = [];
  const isCoarse = ({ figure, spanMs }: Sample): boolean =>
    spanMs !== undefined && figure.stepMs > spanMs * FINE_SHARE;
  if (samples.some(isCoarse)) cautions.push('coarse-clock');
  if (samples.some(({ figure }) => figure.stepMs === 0)) cautions.push('clock-unknown');
  return cautions;
}

/** In the order in which each key comes first. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}
