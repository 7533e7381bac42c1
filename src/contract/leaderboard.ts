import { Type } from 'typebox';

const Line = Type.String({ minLength: 1, maxLength: 200 });
const Positive = Type.Number({ exclusiveMinimum: 0 });
const rateDefinitions = ['tool.reported', 'tg.interval', 'not-stated'] as const;

/** A file of published results, as `config/leaderboard.yaml` is one; its head says what the fields mean. */
export const LeaderboardFile = Type.Object(
  {
    results: Type.Array(
      Type.Object(
        {
          machine: Line,
          cpu: Type.Optional(Line),
          os: Type.Optional(Line),
          year: Type.Optional(Type.Integer({ minimum: 1970, maximum: 2100 })),
          engine: Line,
          model: Type.Optional(Line),
          checkpoint: Type.String({ pattern: '^[0-9]{1,4}(\\.[0-9]{1,2})?[KMB]$' }),
          kind: Type.Enum(['real', 'emulated']),
          tokens_per_second: Positive,
          tokens_per_second_to: Type.Optional(Positive),
          qualifier: Type.Optional(Type.Enum(['about', 'more-than'])),
          definition: Type.Enum([...rateDefinitions]),
          source: Line,
          note: Type.Optional(Line),
        },
        { additionalProperties: false },
      ),
      { maxItems: 5000 },
    ),
  },
  { additionalProperties: false },
);

const result = {
  machine: Type.String(),
  cpu: Type.Optional(Type.String()),
  os: Type.Optional(Type.String()),
  engine: Type.Optional(Type.String()),
  tokensPerSecond: Type.Number(),
  definition: Type.Enum([...rateDefinitions]),
};

/** A published result, with `source`; or a machine of this benchmark, with `bundle` and `n`. */
const Standing = Type.Object({
  ...result,
  year: Type.Optional(Type.Integer()),
  model: Type.Optional(Type.String()),
  tokensPerSecondTo: Type.Optional(Type.Number({ description: 'The upper end of a published range' })),
  qualifier: Type.Optional(Type.Enum(['about', 'more-than'])),
  source: Type.Optional(Type.String()),
  note: Type.Optional(Type.String()),
  bundle: Type.Optional(Type.String({ description: 'name@version' })),
  n: Type.Optional(Type.Integer({ description: 'Runs behind the mean' })),
});

/** Results with models of one size, the fastest first; the groups are never mixed. */
export const Comparison = Type.Object({
  checkpoint: Type.String({ description: 'Size of the model, e.g. 15M' }),
  real: Type.Array(Standing),
  emulated: Type.Array(Standing),
  simulated: Type.Array(Standing),
});
