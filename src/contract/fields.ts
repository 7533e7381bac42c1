import { Type, type TProperties, type TSchema } from 'typebox';
import { platformIds, transportNames } from '../domain/machine.ts';

export { platformIds, transportNames };

/** A text that must match `pattern`; `says` completes the sentence "it must be". */
const text = (pattern: string, says: string) => Type.String({ pattern, description: says });

/** A request body, query or path: a field that is not named here is refused. */
export const strict = <P extends TProperties>(properties: P, options: { minProperties?: number } = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });

/** One page of a list: give `next` as `after` to get the following page; without `next` it was the last one. */
export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), next: Type.Optional(Type.String()) });

export const MachineName = text(
  '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
  '1 to 63 letters, digits, dots, dashes and underscores, beginning with a letter or digit',
);
export const BundleName = MachineName;
export const BundleReference = text(
  '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}(@[1-9][0-9]{0,8})?$',
  'a bundle as NAME or NAME@VERSION',
);
export const Sha256 = text('^[0-9a-f]{64}$', 'a sha256: 64 lower-case hex digits');
export const Crc32 = Type.String({ description: 'CRC-32 as 8 upper-case hex digits' });
export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
export const Offset = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const Platform = Type.Enum([...platformIds]);

/** A moment in an answer, ISO 8601 in UTC with milliseconds. */
export const Time = Type.String({ format: 'date-time' });
/** A moment in a query. */
const GivenTime = Type.String({
  format: 'date-time',
  maxLength: 40,
  description: 'a time like 2026-11-25T10:00:00Z',
});

const labelKey = '^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$';
const labelValue = '[^\\u0000-\\u001f\\u007f=]{0,128}';
export const Labels = Type.Record(
  Type.String({ pattern: labelKey }),
  text(`^${labelValue}$`, 'at most 128 characters without control characters and ='),
  {
    additionalProperties: false,
    maxProperties: 32,
  },
);
export const LabelFilter = text(`${labelKey.slice(0, -1)}=${labelValue}$`, 'a label as KEY=VALUE');

/** A word sent to an FTP server: control characters would end the command line it stands in. */
export const Word = (maxLength: number) =>
  text(
    `^[^\\u0000-\\u001f\\u007f]{1,${maxLength}}$`,
    `1 to ${maxLength} characters without control characters`,
  );

export const defaultPageLimit = 50;
/** Query fields of every list. */
export const paging = {
  after: Type.Optional(text('^[\\u0021-\\u007e]{1,256}$', 'the value of `next` of the page before')),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: defaultPageLimit })),
};

/** Query fields of lists of things that are done to machines with bundles. */
export const byMachineAndBundle = {
  machine: Type.Optional(MachineName),
  bundle: Type.Optional(BundleReference),
};
/** Query fields by the time of creation, both ends included. */
export const byTime = { since: Type.Optional(GivenTime), until: Type.Optional(GivenTime) };

export const ByMachineName = strict({ name: MachineName });
export const ById = strict({ id: Id });
export const Nothing = strict({});

/** Of a request that is carried out once, however often it is sent with the same key. */
export const OnceHeaders = Type.Object({
  'idempotency-key': Type.Optional(text('^[ -~]{1,255}$', '1 to 255 printable ASCII characters')),
});
