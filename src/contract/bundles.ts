import { Type, type Static } from 'typebox';
import { BundleName, Crc32, Sha256, Time, pageOf, paging, strict } from './fields.ts';

const FileName = Type.String({ minLength: 1, maxLength: 64 });
const CommandWord = Type.String({
  pattern: '^[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]{1,1000}$',
  description: '1 to 1000 characters without control characters',
});

const parameter = {
  name: Type.String({
    pattern: '^[A-Za-z][A-Za-z0-9_-]{0,39}$',
    description: '1 to 40 letters, digits, dashes and underscores, beginning with a letter',
  }),
  flag: Type.Optional(CommandWord),
  required: Type.Optional(Type.Boolean()),
  description: Type.Optional(Type.String({ maxLength: 500 })),
};

const parameterKinds = [
  strict({
    ...parameter,
    type: Type.Literal('text'),
    default: Type.Optional(Type.String({ maxLength: 4096 })),
    maxLength: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096 })),
  }),
  strict({
    ...parameter,
    type: Type.Literal('integer'),
    default: Type.Optional(Type.Integer()),
    min: Type.Optional(Type.Integer()),
    max: Type.Optional(Type.Integer()),
  }),
  strict({
    ...parameter,
    type: Type.Literal('number'),
    default: Type.Optional(Type.Number()),
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
  }),
  strict({
    ...parameter,
    type: Type.Literal('choice'),
    default: Type.Optional(CommandWord),
    choices: Type.Array(CommandWord, { minItems: 1, maxItems: 100 }),
  }),
] as const;

const parameterForm = 'a parameter with a type: text, integer, number or choice';

/** A typed argument of a command, by its type. */
export const Parameter = Type.Union([...parameterKinds]);
export type Parameter = Static<typeof Parameter>;

/** The same, told apart by `type`, so that a wrong field is named and not four kinds are offered. */
const GivenParameter = Type.Unsafe<Parameter>({
  type: 'object',
  description: parameterForm,
  required: ['type'],
  discriminator: { propertyName: 'type' },
  oneOf: parameterKinds,
});

const Argument = Type.Union([CommandWord, GivenParameter], {
  description: `a fixed word, or ${parameterForm}`,
});

const CommandRequest = strict({
  exe: Type.Optional(FileName),
  program: Type.Optional(CommandWord),
  args: Type.Optional(Type.Array(Argument, { maxItems: 64 })),
  keep: Type.Optional(Type.Array(FileName, { maxItems: 9 })),
});

export const NewBundle = strict({
  name: BundleName,
  files: Type.Array(strict({ name: FileName, sha256: Sha256 }), { maxItems: 64 }),
  command: Type.Optional(CommandRequest),
  engine: Type.Optional(
    Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$', description: '`auto` or the name of an engine' }),
  ),
});
export type NewBundle = Static<typeof NewBundle>;

export const Bundle = Type.Object(
  {
    reference: Type.String({ description: 'name@version' }),
    name: Type.String(),
    version: Type.Integer(),
    hash: Type.String(),
    folder: Type.String({ description: 'Its folder on every machine, inside the spool' }),
    files: Type.Array(
      Type.Object({ name: Type.String(), sha256: Type.String(), sizeBytes: Type.Integer(), crc32: Crc32 }),
    ),
    command: Type.Optional(
      Type.Object({
        exe: Type.Optional(Type.String()),
        program: Type.Optional(Type.String()),
        args: Type.Array(Type.Union([Type.String(), Parameter])),
        keep: Type.Array(Type.String()),
      }),
    ),
    engine: Type.String(),
    createdAt: Time,
  },
  { title: 'Bundle' },
);
export type Bundle = Static<typeof Bundle>;

export const BundleQuery = strict({ ...paging, name: Type.Optional(BundleName) });
export const BundlePage = pageOf(Bundle);
export type BundlePage = Static<typeof BundlePage>;

export const ByBundleVersion = strict({
  name: BundleName,
  version: Type.Integer({ minimum: 1, maximum: 999_999_999 }),
});

/** What brings a bundle to a machine by hand: the files for its STAGE, and the job by which its agent places them. */
export const HandDelivery = Type.Object(
  {
    bundle: Type.String({ description: 'name@version' }),
    folder: Type.String({ description: 'Where it lies afterwards, in the spool' }),
    job: Type.Object({
      id: Type.String(),
      text: Type.String({ description: 'The file IN/ID.JOB, as base64' }),
    }),
    files: Type.Array(
      Type.Object({ name: Type.String(), stage: Type.String(), sha256: Sha256, sizeBytes: Type.Integer() }),
    ),
  },
  { title: 'HandDelivery' },
);
export type HandDelivery = Static<typeof HandDelivery>;
