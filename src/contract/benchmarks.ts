import { Type, type Static } from 'typebox';
import { BundleReference, Id, Time, byMachineAndBundle, byTime, pageOf, paging, strict } from './fields.ts';
import { Comparison } from './leaderboard.ts';
import { Figure, RunRequest, RunState, RunSummary } from './runs.ts';
import { Selector } from './selector.ts';

const { parameters, limits } = RunRequest.properties;
const run = RunSummary.properties;

export const defaultRepetitions = 5;
export const defaultWarmUps = 1;

export const BenchmarkRequest = strict({
  name: Type.Optional(
    Type.String({
      pattern: '^[^\\u0000-\\u001f\\u007f]{1,100}$',
      description: '1 to 100 characters without control characters',
    }),
  ),
  bundles: Type.Array(BundleReference, { minItems: 1, maxItems: 100 }),
  machines: Selector,
  parameters,
  limits,
  repetitions: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: defaultRepetitions })),
  warmUps: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, default: defaultWarmUps })),
  deploy: Type.Optional(Type.Boolean({ description: 'true: deploy first where a bundle is not' })),
});
export type BenchmarkRequest = Static<typeof BenchmarkRequest>;

const summaryFields = {
  id: Id,
  name: Type.Optional(Type.String()),
  state: Type.Enum(['queued', 'active', 'done', 'partly-failed', 'failed', 'canceled']),
  bundles: Type.Array(Type.String({ description: 'name@version' })),
  parameters: run.parameters,
  limits: run.limits,
  repetitions: Type.Integer(),
  warmUps: Type.Integer(),
  requestedBy: Type.String(),
  createdAt: Time,
  counts: Type.Record(Type.String(), Type.Integer(), { description: 'How many runs are in each state' }),
};

/** A benchmark in a list: all but its figures. */
export const BenchmarkSummary = Type.Object(summaryFields, { title: 'BenchmarkSummary' });
export type BenchmarkSummary = Static<typeof BenchmarkSummary>;

const definition = Type.Enum(['tool.reported', 'tg.interval', 'ttft', 'wall']);
export type FigureDefinition = Static<typeof definition>;

/** One definition of a figure over the runs that count; never over two definitions or two clocks. */
const statistics = {
  definition,
  unit: Type.Enum(['tok/s', 'ms']),
  n: Type.Integer({ description: 'Runs that count and gave this figure' }),
  mean: Type.Optional(Type.Number()),
  deviation: Type.Optional(Type.Number({ description: 'Of the sample, with n - 1; absent for one run' })),
  median: Type.Optional(Type.Number()),
  min: Type.Optional(Type.Number()),
  max: Type.Optional(Type.Number()),
  source: Type.Optional(Figure.properties.source),
  clock: Type.Optional(Type.String()),
  stepMs: Type.Optional(Type.Number({ description: 'The coarsest step of the clock; 0: it is not known' })),
  cautions: Type.Array(
    Type.Enum(['coarse-clock', 'clock-unknown'], {
      description: 'coarse-clock: a step of the clock is more than 1 % of what was measured',
    }),
  ),
};
const Statistics = Type.Object(statistics);
export type Statistics = Static<typeof Statistics>;

const rowFields = {
  machine: Type.String(),
  kind: Type.Enum(['real', 'emulated', 'simulated'], {
    description: 'emulated: the machine has the label kind=emulated',
  }),
  cpu: Type.Optional(Type.String()),
  os: Type.Optional(Type.String()),
  bundle: Type.String({ description: 'name@version' }),
  checkpoint: Type.Optional(Type.String({ description: 'Size of the model, e.g. 15M' })),
};

const BenchmarkRun = Type.Object({
  id: Id,
  role: Type.Enum(['warm-up', 'measured']),
  ordinal: Type.Integer({ description: 'Counts up from 1 within the role' }),
  state: RunState,
  counted: Type.Boolean({ description: 'Whether it is in the figures: measured, and succeeded' }),
  code: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  startedAt: Type.Optional(Time),
  endedAt: Type.Optional(Time),
});

/** One version of a bundle on one machine; real and simulated runs of a machine are two rows. */
export const BenchmarkRow = Type.Object({
  ...rowFields,
  statistics: Type.Array(Statistics),
  flags: Type.Array(Type.String(), { description: 'Flags of the runs that count' }),
  runs: Type.Array(BenchmarkRun),
});
export type BenchmarkRow = Static<typeof BenchmarkRow>;

export const Benchmark = Type.Object(
  {
    ...summaryFields,
    rows: Type.Array(BenchmarkRow),
    leaderboard: Type.Array(Comparison, {
      description: 'Its machines among published results, for each size of model',
    }),
  },
  { title: 'Benchmark' },
);
export type Benchmark = Static<typeof Benchmark>;

export const BenchmarkQuery = strict({ ...paging, ...byMachineAndBundle, ...byTime });
export const BenchmarkPage = pageOf(BenchmarkSummary);
export type BenchmarkPage = Static<typeof BenchmarkPage>;

const resultFormats = ['json', 'jsonl', 'csv', 'md'] as const;
export type ResultFormat = (typeof resultFormats)[number];
export const ResultQuery = strict({
  format: Type.Optional(Type.Enum([...resultFormats], { default: 'json' })),
});

/** One figure of one row with everything that it needs to be understood; ids of runs by what became of them. */
export const BenchmarkResult = Type.Object(
  {
    benchmark: Id,
    name: Type.Optional(Type.String()),
    ...rowFields,
    ...statistics,
    flags: Type.Array(Type.String()),
    runs: Type.Array(Id, { description: 'Those behind the figure' }),
    warmUps: Type.Array(Id),
    failed: Type.Array(Id, { description: 'Measured, but ended otherwise than well' }),
    waiting: Type.Array(Id, { description: 'Measured, but not ended yet' }),
  },
  { title: 'BenchmarkResult' },
);
export type BenchmarkResult = Static<typeof BenchmarkResult>;

const text = Type.Unsafe<unknown>({ type: 'string' });
export const resultsAnswer = {
  200: {
    description:
      'One result for each machine, bundle and definition, not rounded; md is for reading, rounded',
    content: {
      'application/json': { schema: Type.Array(BenchmarkResult) },
      'application/jsonl': { schema: text },
      'text/csv': { schema: text },
      'text/markdown': { schema: text },
    },
  },
};
