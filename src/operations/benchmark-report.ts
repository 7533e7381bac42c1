import type { Benchmark, BenchmarkRow, FigureStatistics } from '../domain/benchmark.ts';
import type { Bundle } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import { sizeOf } from '../domain/leaderboard.ts';
import type { Comparison, MachineKind, OwnResult, PublishedResult } from '../domain/leaderboard.ts';
import type { Machine } from '../domain/machine.ts';
import type { Store } from '../store/open-store.ts';
import { benchmarkRows } from './benchmark-statistics.ts';
import type { Parts } from './parts.ts';

/** A row with what is known of its machine and model now. */
export interface ReportRow extends BenchmarkRow {
  readonly kind: MachineKind;
  readonly cpu?: string;
  readonly os?: string;
  /** Size of the model, e.g. `15M`; absent unless the bundle has exactly one checkpoint. */
  readonly checkpoint?: string;
}

export interface BenchmarkReport {
  readonly benchmark: Benchmark;
  readonly rows: readonly ReportRow[];
  /** For each size of model in it, its machines among the published results. */
  readonly comparisons: readonly Comparison[];
}

/** Label of a machine that is itself a program, e.g. 86Box; nobody can tell from inside. */
const EMULATED = { key: 'kind', value: 'emulated' };

/** Everything that a benchmark says so far; NOT_FOUND. */
export async function benchmarkReport(
  { store, settings }: Pick<Parts, 'store' | 'settings'>,
  id: number,
): Promise<BenchmarkReport> {
  const benchmark = await store.benchmarks.get(id);
  if (!benchmark) throw new DomainError('NOT_FOUND', `there is no benchmark ${id}`);
  const { leaderboard } = settings;
  const known = [...new Set(leaderboard.map(({ checkpoint }) => checkpoint))];
  const rows: ReportRow[] = [];
  for (const row of benchmarkRows(await store.benchmarks.runs(id))) {
    const parameters = await modelParameters(store, await store.bundles.get(row.bundleId));
    rows.push({
      ...row,
      ...describe(await store.machines.get(row.machineId), row.simulated),
      ...(parameters !== undefined && { checkpoint: sizeOf(parameters, known) }),
    });
  }
  return { benchmark, rows, comparisons: compare(rows, leaderboard) };
}

function describe(machine: Machine | undefined, simulated: boolean): Pick<ReportRow, 'kind' | 'cpu' | 'os'> {
  const isEmulated = machine?.labels[EMULATED.key] === EMULATED.value;
  const { cpu, os } = machine?.agent ?? {};
  return {
    kind: simulated ? 'simulated' : isEmulated ? 'emulated' : 'real',
    ...(cpu !== undefined && { cpu }),
    ...(os !== undefined && { os }),
  };
}

async function modelParameters(store: Store, bundle: Bundle | undefined): Promise<number | undefined> {
  const sizes: number[] = [];
  for (const { sha256 } of bundle?.files ?? []) {
    const artifact = await store.artifacts.get(sha256);
    const parameters = artifact?.kind === 'checkpoint' ? artifact.facts['parameters'] : undefined;
    if (typeof parameters === 'number') sizes.push(parameters);
  }
  return sizes.length === 1 ? sizes[0] : undefined;
}

function compare(rows: readonly ReportRow[], published: readonly PublishedResult[]): Comparison[] {
  const sizes = [...new Set(rows.flatMap(({ checkpoint }) => checkpoint ?? []))];
  return sizes.map((checkpoint) => {
    const own = rows.filter((row) => row.checkpoint === checkpoint).flatMap((row) => ownResult(row) ?? []);
    const others = published.filter((result) => result.checkpoint === checkpoint);
    const all = [...own, ...others].toSorted((a, b) => b.tokensPerSecond - a.tokensPerSecond);
    const ofKind = (kind: MachineKind) => all.filter((result) => result.kind === kind);
    const groups = { real: ofKind('real'), emulated: ofKind('emulated'), simulated: ofKind('simulated') };
    return { checkpoint, groups };
  });
}

/** The engine's own rate, because that is what is published; the one from the token times where it gave none. */
function ownResult(row: ReportRow): OwnResult | undefined {
  const rate = rateOf(row, 'tool.reported') ?? rateOf(row, 'tg.interval');
  if (rate?.mean === undefined) return undefined;
  const engine = row.runs.find(({ id }) => rate.runIds.includes(id))?.engine;
  return {
    machine: row.machineName,
    ...(row.cpu !== undefined && { cpu: row.cpu }),
    ...(row.os !== undefined && { os: row.os }),
    ...(engine !== undefined && { engine }),
    kind: row.kind,
    tokensPerSecond: rate.mean,
    definition: rate.definition,
    bundle: `${row.bundleName}@${row.bundleVersion}`,
    n: rate.n,
  };
}

function rateOf<D extends 'tool.reported' | 'tg.interval'>(
  row: ReportRow,
  definition: D,
): (FigureStatistics & { readonly definition: D }) | undefined {
  return row.statistics.find(
    (figure): figure is FigureStatistics & { readonly definition: D } =>
      figure.definition === definition && figure.n > 0,
  );
}
