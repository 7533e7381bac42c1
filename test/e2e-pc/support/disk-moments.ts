import type { DiskMoment } from './watched-disk.ts';

/** The entry of a file in a FAT folder: 32 bytes that begin with its name, without the dot. */
const ENTRY_BYTES = 32;

function hasEntry(bytes: Buffer, name: string): boolean {
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    if (bytes.toString('latin1', at, at + name.length) === name) return true;
  }
  return false;
}

const inFolder = (name: string): string => {
  const [stem = '', extension = ''] = name.split('.');
  return stem.padEnd(8) + extension.padEnd(3);
};

/** A name appears on the disk. The name is asked for when something is written: it may not be known before. */
export const named = (name: () => string, when: DiskMoment['when']): { disk: DiskMoment } => ({
  disk: { when, writes: (bytes) => hasEntry(bytes, inFolder(name())) },
});

/** A file's content appears on the disk; all of these words are in it. */
export const written = (words: () => readonly string[], when: DiskMoment['when']): { disk: DiskMoment } => ({
  disk: { when, writes: (bytes) => words().every((word) => bytes.includes(word)) },
});
