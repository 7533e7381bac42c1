import type { KitFile } from './kit-file.ts';

/** A CD as DOS reads it: ISO 9660 level 1 (ECMA-119), all files in the root, no extensions. */
const SECTOR = 2048;
const VOLUME_SECTOR = 16;
const LITTLE_TABLE = 18;
const BIG_TABLE = 19;
const ROOT = 20;
const RECORD = 33;
const FOLDER = 2;
/** Of a folder itself, and of the one above it. */
const self = Buffer.of(0);
const parent = Buffer.of(1);

interface Extent {
  readonly id: Buffer;
  readonly sector: number;
  readonly sizeBytes: number;
  readonly flags: number;
}

const sectorsOf = (bytes: number): number => Math.ceil(bytes / SECTOR);

/**
 * The image of a CD with these files in its root. `label`: up to 32 of A-Z 0-9 _; names: 8.3, of the same signs. `at`
 * dates them, in UTC, from 1900 on.
 */
export function cdImage(files: readonly KitFile[], label: string, at: Date): Buffer {
  const named = files
    .map(({ name, bytes }) => ({ id: Buffer.from(`${name.includes('.') ? name : `${name}.`};1`), bytes }))
    .toSorted((a, b) => Buffer.compare(a.id, b.id));
  const rootBytes = folderBytes([self, parent, ...named.map(({ id }) => id)]);
  const root = { id: self, sector: ROOT, sizeBytes: rootBytes, flags: FOLDER };
  let sector = ROOT + sectorsOf(rootBytes);
  const extents = named.map(({ id, bytes }): Extent => {
    const extent = { id, sector, sizeBytes: bytes.length, flags: 0 };
    sector += sectorsOf(bytes.length);
    return extent;
  });
  const image = Buffer.alloc(sector * SECTOR);
  writeVolume(image, { label, root, sectors: sector, at });
  writeTables(image);
  writeFolder(image, [root, { ...root, id: parent }, ...extents], at);
  for (const [index, { bytes }] of named.entries()) image.set(bytes, (extents[index]?.sector ?? 0) * SECTOR);
  return image;
}

/** An even number of bytes. */
const recordBytes = (id: Buffer): number => 2 * Math.ceil((RECORD + id.length) / 2);

/** Where a record starts that would follow at `at`: none lies in two sectors. */
function placeOf(at: number, id: Buffer): number {
  const room = SECTOR - (at % SECTOR);
  return recordBytes(id) > room ? at + room : at;
}

function folderBytes(ids: readonly Buffer[]): number {
  const end = ids.reduce((at, id) => placeOf(at, id) + recordBytes(id), 0);
  return sectorsOf(end) * SECTOR;
}

function writeFolder(image: Buffer, extents: readonly Extent[], at: Date): void {
  let place = 0;
  for (const extent of extents) {
    place = placeOf(place, extent.id);
    writeRecord(image, ROOT * SECTOR + place, extent, at);
    place += recordBytes(extent.id);
  }
}

function writeRecord(image: Buffer, start: number, { id, sector, sizeBytes, flags }: Extent, at: Date): void {
  image.writeUInt8(recordBytes(id), start);
  writeBoth32(image, start + 2, sector);
  writeBoth32(image, start + 10, sizeBytes);
  const year = Math.min(Math.max(at.getUTCFullYear() - 1900, 0), 255);
  const [month, day] = [at.getUTCMonth() + 1, at.getUTCDate()];
  image.set([year, month, day, at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()], start + 18);
  image.writeUInt8(flags, start + 25);
  writeBoth16(image, start + 28, 1);
  image.writeUInt8(id.length, start + 32);
  image.set(id, start + RECORD);
}

interface Volume {
  readonly label: string;
  readonly root: Extent;
  readonly sectors: number;
  readonly at: Date;
}

function writeVolume(image: Buffer, { label, root, sectors, at }: Volume): void {
  const start = VOLUME_SECTOR * SECTOR;
  image.write('\x01CD001\x01', start, 'latin1');
  // Texts that say nothing are blank: system and volume, the set and who made it, three names of files.
  image.fill(' ', start + 8, start + 72);
  image.fill(' ', start + 190, start + 813);
  image.write(label.slice(0, 32), start + 40, 'latin1');
  writeBoth32(image, start + 80, sectors);
  for (const field of [120, 124]) writeBoth16(image, start + field, 1);
  writeBoth16(image, start + 128, SECTOR);
  writeBoth32(image, start + 132, rootInTable(false).length);
  image.writeUInt32LE(LITTLE_TABLE, start + 140);
  image.writeUInt32BE(BIG_TABLE, start + 148);
  writeRecord(image, start + 156, root, at);
  const made = at.toISOString().replaceAll(/\D/g, '').slice(0, 16);
  const never = '0'.repeat(16);
  for (const [index, when] of [made, made, never, never].entries())
    image.write(when, start + 813 + index * 17, 'latin1');
  image.writeUInt8(1, start + 881);
  image.write('\xffCD001\x01', start + SECTOR, 'latin1');
}

function writeTables(image: Buffer): void {
  image.set(rootInTable(false), LITTLE_TABLE * SECTOR);
  image.set(rootInTable(true), BIG_TABLE * SECTOR);
}

/** The only folder there is, once in each order of bytes. */
function rootInTable(isBig: boolean): Buffer {
  const entry = Buffer.alloc(10);
  entry.writeUInt8(self.length, 0);
  if (isBig) entry.writeUInt32BE(ROOT, 2);
  else entry.writeUInt32LE(ROOT, 2);
  if (isBig) entry.writeUInt16BE(1, 6);
  else entry.writeUInt16LE(1, 6);
  return entry;
}

function writeBoth16(image: Buffer, at: number, value: number): void {
  image.writeUInt16LE(value, at);
  image.writeUInt16BE(value, at + 2);
}

function writeBoth32(image: Buffer, at: number, value: number): void {
  image.writeUInt32LE(value, at);
  image.writeUInt32BE(value, at + 4);
}
