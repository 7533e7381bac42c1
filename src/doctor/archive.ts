import type { Facts } from '../domain/artifact.ts';

interface ArchiveMagic {
  readonly format: string;
  readonly at: number;
  /** One character for each byte. */
  readonly magic: string;
}

const magics: readonly ArchiveMagic[] = [
  { format: 'zip', at: 0, magic: 'PK\x03\x04' },
  { format: 'zip', at: 0, magic: 'PK\x05\x06' },
  { format: 'gzip', at: 0, magic: '\x1f\x8b\x08' },
  { format: 'compress', at: 0, magic: '\x1f\x9d' },
  { format: 'bzip2', at: 4, magic: '1AY&SY' },
  { format: 'xz', at: 0, magic: '\xfd7zXZ\0' },
  { format: 'zstd', at: 0, magic: '\x28\xb5\x2f\xfd' },
  { format: '7z', at: 0, magic: '7z\xbc\xaf\x27\x1c' },
  { format: 'rar', at: 0, magic: 'Rar!\x1a\x07' },
  { format: 'cab', at: 0, magic: 'MSCF\0\0\0\0' },
  { format: 'arj', at: 0, magic: '\x60\xea' },
  { format: 'lha', at: 2, magic: '-lh' },
  { format: 'tar', at: 257, magic: 'ustar' },
];

/** Facts of an archive or a compressed file, by its magic; undefined when it is none that is known. */
export function inspectArchive(head: Uint8Array): Facts | undefined {
  const has = ({ at, magic }: ArchiveMagic): boolean =>
    Array.from(magic, (character) => character.charCodeAt(0)).every((byte, i) => head[at + i] === byte);
  const found = magics.find(has);
  return found === undefined ? undefined : { format: found.format };
}
