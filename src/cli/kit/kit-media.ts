import { zipSync } from 'fflate';
import { UsageError } from '../failures.ts';
import { fitsOnFloppy, floppyImage } from './fat12.ts';
import { cdImage } from './iso9660.ts';
import type { KitFile } from './kit-file.ts';

export interface MediumOptions {
  readonly floppy?: string;
  readonly cdr?: string;
  readonly zip?: string;
}

interface Medium {
  /** UsageError where the files do not fit. */
  make(files: readonly KitFile[], at: Date): Uint8Array;
  /** Where its SETUP is then, on the machine. */
  readonly place: string;
}

export interface ChosenMedium extends Medium {
  readonly path: string;
}

const LABEL = 'FLEET98';

const media: Readonly<Record<keyof MediumOptions, Medium>> = {
  floppy: {
    make: (files, at) => {
      if (!fitsOnFloppy(files)) throw new UsageError('these programs do not fit on a floppy disk');
      return floppyImage(files, LABEL, at);
    },
    place: 'on the disk',
  },
  cdr: {
    make: (files, at) => cdImage(files, LABEL, at),
    place: 'on the CD',
  },
  zip: {
    make: (files, at) =>
      zipSync(Object.fromEntries(files.map(({ name, bytes }) => [name, bytes])), { mtime: at }),
    place: 'in the archive, unpacked into a new folder',
  },
};

const kinds = ['floppy', 'cdr', 'zip'] as const;

/** The medium that was asked for; undefined: none. UsageError when there are several. */
export function findMedium(options: MediumOptions): ChosenMedium | undefined {
  const chosen = kinds.flatMap((kind) => {
    const path = options[kind];
    return path === undefined ? [] : [{ ...media[kind], path }];
  });
  if (chosen.length > 1) throw new UsageError('a kit is written to one medium at a time');
  return chosen[0];
}
