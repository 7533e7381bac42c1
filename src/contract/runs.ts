import { Type, type Static } from 'typebox';
import {
  BundleReference,
  Id,
  MachineName,
  Offset,
  Sha256,
  Time,
  byMachineAndBundle,
  byTime,
  pageOf,
  paging,
  strict,
} from './fields.ts';
import { Selector } from './selector.ts';

const monthSeconds = 31 * 24 * 3600;

const ParameterValues = Type.Record(
  Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,39}$' }),
  Type.Union([Type.String({ maxLength: 16_384 }), Type.Number()], {
    description: 'a number, or a text of at most 16384 characters; machines may take less',
  }),
  { additionalProperties: false, maxProperties: 64 },
);

export const RunRequest = strict({
  bundle: BundleReference,
  machines: Selector,
  parameters: Type.Optional(ParameterValues),
  limits: Type.Optional(
    strict({
      limitSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: monthSeconds })),
      quietSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: monthSeconds })),
      logMaxBytes: Type.Optional(Type.Integer({ minimum: 4096, maximum: 1_073_741_824 })),
    }),
  ),
  deploy: Type.Optional(Type.Boolean({ description: 'true: deploy first where the bundle is not' })),
});
export type RunRequest = Static<typeof RunRequest>;

const maxEndBytes = 16_384;

/** A log that somebody carried here. */
export const RunImport = strict({
  log: Sha256,
  end: Type.Optional(
    Type.String({ maxLength: maxEndBytes, description: 'the END file beside it, a character for each byte' }),
  ),
  exitCode: Type.Optional(Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 32 - 1 })),
  machine: Type.Optional(MachineName),
  bundle: Type.Optional(BundleReference),
  parameters: Type.Optional(ParameterValues),
});
export type RunImport = Static<typeof RunImport>;

export const RunState = Type.Enum([
  'queued',
  'starting',
  'running',
  'collecting',
  'canceling',
  'lost',
  'succeeded',
  'failed',
  'timed-out',
  'canceled',
]);

/** A figure, by whose clock it was taken, and how coarse that clock is. */
export const Figure = Type.Object({
  value: Type.Number(),
  source: Type.Enum(['engine', 'agent', 'daemon']),
  clock: Type.String(),
  stepMs: Type.Number(),
});

const Timing = Type.Object({
  ttftMs: Type.Optional(Figure),
  intervalTokensPerSecond: Type.Optional(Figure),
  reportedTokensPerSecond: Type.Optional(Figure),
  wallMs: Type.Optional(Figure),
  gapMedianMs: Type.Optional(Figure),
  gapP95Ms: Type.Optional(Figure),
});

const runFields = {
  id: Id,
  machine: Type.String(),
  bundle: Type.String({ description: 'name@version' }),
  parameters: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  limits: Type.Object({
    limitSeconds: Type.Integer(),
    quietSeconds: Type.Integer(),
    logMaxBytes: Type.Integer(),
  }),
  state: RunState,
  code: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  engine: Type.Optional(Type.String()),
  tokens: Type.Optional(Type.Integer()),
  tokensPerSecond: Type.Optional(
    Type.Number({ description: 'The engine’s own figure, else the one from the token times; see timing' }),
  ),
  ttftMs: Type.Optional(Type.Number()),
  wallMs: Type.Optional(Type.Number()),
  timing: Type.Optional(Timing),
  exitCode: Type.Optional(Type.Integer()),
  signal: Type.Optional(Type.Integer()),
  reason: Type.Optional(Type.String({ description: 'How the agent says that it ended' })),
  flags: Type.Array(Type.String()),
  simulated: Type.Boolean({ description: 'The machine is a simulation' }),
  cancelRequested: Type.Boolean(),
  pid: Type.Optional(Type.Integer()),
  requestedBy: Type.String(),
  createdAt: Time,
  startedAt: Type.Optional(Time),
  endedAt: Type.Optional(Time),
  logExpiredAt: Type.Optional(Time),
};

/** A run in a list: all but its text. */
export const RunSummary = Type.Object(runFields, { title: 'RunSummary' });
export type RunSummary = Static<typeof RunSummary>;

export const Run = Type.Object(
  {
    ...runFields,
    text: Type.Optional(Type.String({ description: 'What the model wrote, at most 1 MiB of it' })),
  },
  { title: 'Run' },
);
export type Run = Static<typeof Run>;

export const RunsStarted = Type.Object({
  runs: Type.Array(RunSummary),
  notes: Type.Optional(
    Type.Array(Type.Object({ machine: Type.String(), code: Type.String(), message: Type.String() }), {
      description: 'What such a run is like on a machine where it is not as usual',
    }),
  ),
});
export type RunsStarted = Static<typeof RunsStarted>;

export const RunQuery = strict({
  ...paging,
  ...byMachineAndBundle,
  ...byTime,
  state: Type.Optional(RunState),
});
export type RunQuery = Static<typeof RunQuery>;
export const RunPage = pageOf(RunSummary);
export type RunPage = Static<typeof RunPage>;

export const LogQuery = strict({ from: Type.Optional(Offset) });

/** One line of `/runs/:id/tokens`. `base64` is there when `text` alone does not give the exact bytes back. */
export const TokenLine = Type.Object({
  index: Type.Integer(),
  atMs: Type.Number(),
  text: Type.String(),
  base64: Type.Optional(Type.String()),
});
export type TokenLine = Static<typeof TokenLine>;
