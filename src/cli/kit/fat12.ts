import type { KitFile } from './kit-file.ts';

/** A 1.44 MB floppy disk as DOS formats it: FAT12, a sector a cluster. Microsoft's FAT specification 1.03. */
const SECTOR = 512;
const SECTORS = 2880;
const FAT_SECTORS = 9;
const FATS = 2;
const ROOT_ENTRIES = 224;
const ENTRY = 32;
const MEDIA = 0xf0;
const END_OF_CHAIN = 0xfff;
const FIRST_CLUSTER = 2;
const FILE_ATTRIBUTES = 0x20;
const LABEL_ATTRIBUTES = 0x08;

const rootStart = 1 + FATS * FAT_SECTORS;
const dataStart = rootStart + (ROOT_ENTRIES * ENTRY) / SECTOR;
const clusters = SECTORS - dataStart;

/** What fits on one disk, in bytes. */
export const floppyBytes = clusters * SECTOR;

const sectorsOf = ({ bytes }: KitFile): number => Math.ceil(bytes.length / SECTOR);

export const fitsOnFloppy = (files: readonly KitFile[]): boolean =>
  files.length < ROOT_ENTRIES && files.reduce((sum, file) => sum + sectorsOf(file), 0) <= clusters;

/**
 * The image of a floppy disk with these files in its root; `label`: up to 11 characters, in capitals. `at` dates them, in
 * UTC, from 1980 on. The files must fit.
 */
export function floppyImage(files: readonly KitFile[], label: string, at: Date): Buffer {
  if (!fitsOnFloppy(files)) throw new RangeError('these files do not fit on a floppy disk');
  const image = Buffer.alloc(SECTORS * SECTOR);
  writeBootSector(image, label, at);
  const table: number[] = [0xf00 | MEDIA, END_OF_CHAIN];
  const when = dosTime(at);
  writeEntry(image, 0, { field: field(label, 11), attributes: LABEL_ATTRIBUTES, when, cluster: 0, size: 0 });
  for (const [index, file] of files.entries()) {
    const first = table.length;
    const last = first + sectorsOf(file) - 1;
    for (let cluster = first; cluster <= last; cluster += 1)
      table.push(cluster === last ? END_OF_CHAIN : cluster + 1);
    image.set(file.bytes, (dataStart + first - FIRST_CLUSTER) * SECTOR);
    writeEntry(image, index + 1, {
      field: nameField(file.name),
      attributes: FILE_ATTRIBUTES,
      when,
      // An empty file has no cluster.
      cluster: file.bytes.length === 0 ? 0 : first,
      size: file.bytes.length,
    });
  }
  const packed = packTable(table);
  for (let copy = 0; copy < FATS; copy += 1) packed.copy(image, (1 + copy * FAT_SECTORS) * SECTOR);
  return image;
}

function writeBootSector(image: Buffer, label: string, at: Date): void {
  // A jump over the table to INT 18h, with which a BIOS goes on to the next disk.
  image.set([0xeb, 0x3c, 0x90], 0);
  image.write('FLEET98 ', 3, 'latin1');
  image.writeUInt16LE(SECTOR, 11);
  image.writeUInt8(1, 13);
  image.writeUInt16LE(1, 14);
  image.writeUInt8(FATS, 16);
  image.writeUInt16LE(ROOT_ENTRIES, 17);
  image.writeUInt16LE(SECTORS, 19);
  image.writeUInt8(MEDIA, 21);
  image.writeUInt16LE(FAT_SECTORS, 22);
  image.writeUInt16LE(18, 24); // sectors in a track
  image.writeUInt16LE(2, 26); // heads
  image.writeUInt8(0x29, 38); // the next three fields are there
  image.writeUInt32LE(Math.floor(at.getTime() / 1000) >>> 0, 39);
  image.write(field(label, 11), 43, 'latin1');
  image.write('FAT12   ', 54, 'latin1');
  image.set([0xcd, 0x18, 0xeb, 0xfe], 62);
  image.set([0x55, 0xaa], 510);
}

interface RootEntry {
  /** Eleven characters. */
  readonly field: string;
  readonly attributes: number;
  readonly when: { readonly time: number; readonly date: number };
  readonly cluster: number;
  readonly size: number;
}

function writeEntry(image: Buffer, index: number, entry: RootEntry): void {
  const start = rootStart * SECTOR + index * ENTRY;
  image.write(entry.field, start, 'latin1');
  image.writeUInt8(entry.attributes, start + 11);
  image.writeUInt16LE(entry.when.time, start + 22);
  image.writeUInt16LE(entry.when.date, start + 24);
  image.writeUInt16LE(entry.cluster, start + 26);
  image.writeUInt32LE(entry.size, start + 28);
}

const field = (text: string, length: number): string => text.slice(0, length).padEnd(length);

function nameField(name: string): string {
  const [base = '', ending = ''] = name.split('.');
  return field(base, 8) + field(ending, 3);
}

function dosTime(at: Date): { time: number; date: number } {
  const year = Math.min(Math.max(at.getUTCFullYear(), 1980), 2107);
  return {
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
    date: ((year - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
  };
}

/** Two entries of 12 bits in three bytes. */
function packTable(table: readonly number[]): Buffer {
  const packed = Buffer.alloc(FAT_SECTORS * SECTOR);
  for (const [index, value] of table.entries()) {
    const at = Math.floor(index * 1.5);
    const shifted = index % 2 === 0 ? value : value << 4;
    packed.writeUInt16LE(packed.readUInt16LE(at) | shifted, at);
  }
  return packed;
}
