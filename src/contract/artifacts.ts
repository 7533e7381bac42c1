import { Type, type Static } from 'typebox';
import { Crc32, Sha256, Time, pageOf, paging, strict } from './fields.ts';

export const ArtifactKind = Type.Enum([
  'checkpoint',
  'tokenizer',
  'executable',
  'script',
  'archive',
  'text',
  'other',
]);

export const Artifact = Type.Object(
  {
    sha256: Type.String(),
    crc32: Crc32,
    sizeBytes: Type.Integer(),
    filename: Type.String({ description: 'The name it was first uploaded under' }),
    kind: ArtifactKind,
    facts: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
    createdAt: Time,
  },
  { title: 'Artifact' },
);
export type Artifact = Static<typeof Artifact>;

export const ArtifactQuery = strict({ ...paging, kind: Type.Optional(ArtifactKind) });
export const ArtifactPage = pageOf(Artifact);
export type ArtifactPage = Static<typeof ArtifactPage>;

export const ByFilename = strict({
  filename: Type.String({
    pattern: '^(?!\\.{1,2}$)[^\\u0000-\\u001f\\u007f/\\\\]{1,200}$',
    description: '1 to 200 characters, a file name without a folder',
  }),
});
export const BySha256 = strict({ sha256: Sha256 });

/** The body of an upload: any bytes. They are read as they come, so there is nothing to check beforehand. */
export const fileMediaType = 'application/octet-stream';
export const FileBody = {
  content: { [fileMediaType]: { schema: Type.Unsafe<unknown>({ description: 'The file itself' }) } },
};
