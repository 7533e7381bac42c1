export type ArtifactKind =
  'checkpoint' | 'tokenizer' | 'executable' | 'script' | 'archive' | 'text' | 'other';

export type Facts = Readonly<Record<string, string | number | boolean>>;

/** An immutable file, known by the sha256 of its bytes. */
export interface Artifact {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** 8 upper-case hex digits. */
  readonly crc32: string;
  /** The name it was first uploaded under; a label, not an identity. */
  readonly filename: string;
  readonly kind: ArtifactKind;
  readonly facts: Facts;
  readonly createdAtMs: number;
}
