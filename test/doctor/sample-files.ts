import type { Llama2cShape } from '../../src/doctor/checkpoint/llama2c.ts';

function words(values: readonly number[], littleEndian: boolean): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    if (littleEndian) bytes.writeInt32LE(value, i * 4);
    else bytes.writeInt32BE(value, i * 4);
  });
  return bytes;
}

const numbers = (shape: Llama2cShape, vocabSize: number): number[] => [
  shape.dim,
  shape.hiddenDim,
  shape.layers,
  shape.heads,
  shape.kvHeads,
  vocabSize,
  shape.seqLen,
];

/** The 28 bytes of a v0 header. */
export function v0Header(shape: Llama2cShape, littleEndian = true): Buffer {
  return words(numbers(shape, shape.sharedClassifier ? shape.vocabSize : -shape.vocabSize), littleEndian);
}

/** The 256 bytes of a v1 or v2 header. */
export function laterHeader(shape: Llama2cShape, version: number, groupSize = 0): Buffer {
  const header = Buffer.alloc(256);
  words([0x616b3432, version, ...numbers(shape, shape.vocabSize)], true).copy(header);
  header.writeUInt8(shape.sharedClassifier ? 1 : 0, 36);
  header.writeInt32LE(groupSize, 37);
  return header;
}

/** A DOS program of `imageBytes`; zeros but for the header. */
export function mz(imageBytes = 1024): Buffer {
  const file = Buffer.alloc(imageBytes);
  file.write('MZ');
  file.writeUInt16LE(imageBytes % 512, 2);
  file.writeUInt16LE(Math.ceil(imageBytes / 512), 4);
  file.writeUInt16LE(4, 8);
  return file;
}

/** An MZ stub with another header at `at`. */
export function withNewHeader(header: Buffer, at = 0x80): Buffer {
  const stub = Buffer.alloc(at);
  mz(Math.max(at, 64)).copy(stub);
  stub.writeUInt32LE(at, 0x3c);
  return Buffer.concat([stub, header]);
}

export interface PeOptions {
  readonly machine?: number;
  readonly subsystem?: number;
  readonly version?: readonly [number, number];
  readonly characteristics?: number;
  readonly wide?: boolean;
}

/** A Windows program with one section of 512 bytes at 0x400; the whole file has 0x600 bytes. */
export function pe(options: PeOptions = {}): Buffer {
  const {
    machine = 0x14c,
    subsystem = 3,
    version = [4, 0],
    characteristics = 0x0102,
    wide = false,
  } = options;
  const header = Buffer.alloc(0x600 - 0x80);
  header.write('PE\0\0');
  header.writeUInt16LE(machine, 4);
  header.writeUInt16LE(1, 6);
  header.writeUInt16LE(0xe0, 20);
  header.writeUInt16LE(characteristics, 22);
  header.writeUInt16LE(wide ? 0x20b : 0x10b, 24);
  header.writeUInt16LE(version[0], 24 + 48);
  header.writeUInt16LE(version[1], 24 + 50);
  header.writeUInt16LE(subsystem, 24 + 68);
  header.writeUInt32LE(0x200, 24 + 0xe0 + 16);
  header.writeUInt32LE(0x400, 24 + 0xe0 + 20);
  return withNewHeader(header);
}

/** A Windows 3 program, or one for another system (1 OS/2, 2 Windows). */
export function ne(system: number, flags = 0): Buffer {
  const header = Buffer.alloc(64);
  header.write('NE');
  header.writeUInt16LE(flags, 0x0c);
  header.writeUInt8(system, 0x36);
  header.writeUInt16LE(0x030a, 0x3e);
  return withNewHeader(header);
}

/** An ELF program with one segment that ends at byte 200. */
export function elf(machine: number, bits: 32 | 64 = 32, littleEndian = true): Buffer {
  const file = Buffer.alloc(200);
  const u16 = (value: number, at: number): number =>
    littleEndian ? file.writeUInt16LE(value, at) : file.writeUInt16BE(value, at);
  const u32 = (value: number, at: number): number =>
    littleEndian ? file.writeUInt32LE(value, at) : file.writeUInt32BE(value, at);
  const wide = bits === 64;
  const low = wide && !littleEndian ? 4 : 0;
  file.write('\x7fELF', 'latin1');
  file.writeUInt8(wide ? 2 : 1, 4);
  file.writeUInt8(littleEndian ? 1 : 2, 5);
  u16(2, 16);
  u16(machine, 18);
  u32(64, (wide ? 32 : 28) + low);
  u16(wide ? 56 : 32, wide ? 54 : 42);
  u16(1, wide ? 56 : 44);
  u32(1, 64);
  u32(0, 64 + (wide ? 8 : 4) + low);
  u32(200, 64 + (wide ? 32 : 16) + low);
  return file;
}
