import { openSync, closeSync, readSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { offsetOfNewHeader, sniffExecutable } from '../../src/doctor/executable/sniff.ts';
import { elf, mz, ne, pe, withNewHeader } from './sample-files.ts';

const bytes = (text: string, length = 64): Buffer => {
  const file = Buffer.alloc(length);
  file.write(text, 'latin1');
  return file;
};

const le = withNewHeader(Buffer.concat([Buffer.from('LE\0\0\0\0\0\0\x02\0', 'latin1'), Buffer.alloc(60)]));
const djgpp = mz(2048);
djgpp.write('go32stub, v 2.02', 512);

test.each<[string, Buffer, Record<string, unknown>]>([
  ['DOS', mz(1300), { format: 'mz', bits: 16, machine: 'i8086', sizeNeeded: 1300 }],
  [
    'DOS with nonsense for an offset',
    (() => {
      const file = mz();
      file.writeUInt32LE(0xfffffff0, 0x3c);
      return file;
    })(),
    { format: 'mz' },
  ],
  ['DJGPP', djgpp, { format: 'mz', needsDpmi: true }],
  ['Windows 3', ne(2), { format: 'ne', machine: 'windows', windowsVersion: '3.10', library: false }],
  ['OS/2 library', ne(1, 0x8000), { format: 'ne', machine: 'os2', library: true }],
  ['DOS extender', le, { format: 'le', machine: 'i386' }],
  [
    'Win32',
    pe(),
    {
      format: 'pe',
      bits: 32,
      machine: 'i386',
      subsystem: 'console',
      subsystemVersion: '4.0',
      library: false,
      sizeNeeded: 0x600,
    },
  ],
  ['Win32 for 98', pe({ subsystem: 2, version: [4, 10] }), { subsystem: 'gui', subsystemVersion: '4.10' }],
  [
    'Win64',
    pe({ machine: 0x8664, wide: true, version: [6, 0] }),
    { bits: 64, machine: 'x86-64', subsystemVersion: '6.0' },
  ],
  ['Alpha', pe({ machine: 0x184 }), { machine: 'alpha' }],
  ['DLL', pe({ characteristics: 0x2102 }), { library: true }],
  [
    'Linux i386',
    elf(3),
    { format: 'elf', bits: 32, byteOrder: 'little', machine: 'i386', type: 'program', sizeNeeded: 200 },
  ],
  ['Linux x86-64', elf(62, 64), { bits: 64, machine: 'x86-64', sizeNeeded: 200 }],
  ['m68k', elf(4, 32, false), { byteOrder: 'big', machine: 'm68k', sizeNeeded: 200 }],
  ['s390, 64 bits', elf(22, 64, false), { bits: 64, byteOrder: 'big', machine: 's390', sizeNeeded: 200 }],
  ['an ELF machine that nobody knows', elf(0x7777), { format: 'elf', machine: 'unknown' }],
  ['Java', bytes('\xca\xfe\xba\xbe\0\0\0\x34'), { format: 'java', classVersion: 52 }],
  ['Mach-O fat', bytes('\xca\xfe\xba\xbe\0\0\0\x02'), { format: 'macho', architectures: 2 }],
  [
    'Mach-O PowerPC',
    bytes('\xfe\xed\xfa\xce\0\0\0\x12'),
    { format: 'macho', machine: 'powerpc', byteOrder: 'big' },
  ],
  ['Mach-O x86-64', bytes('\xcf\xfa\xed\xfe\x07\0\0\x01'), { format: 'macho', machine: 'x86-64', bits: 64 }],
  ['classic Mac', bytes('Joy!peffpwpc'), { format: 'pef', machine: 'powerpc' }],
  ['Amiga', bytes('\0\0\x03\xf3'), { format: 'hunk' }],
  ['Atari', bytes('\x60\x1a'), { format: 'gemdos' }],
  ['AIX', bytes('\x01\xdf'), { format: 'xcoff', bits: 32 }],
  ['Minix', bytes('\x01\x03\x10\0\x20\0\0\0'), { format: 'minix' }],
  ['a.out Linux', bytes('\x0b\x01\x64\0'), { format: 'aout', machine: 'i386', byteOrder: 'little' }],
  ['a.out m68k', bytes('\0\x02\x01\x0b'), { format: 'aout', machine: 'm68k', byteOrder: 'big' }],
])('%s', (_name, file, facts) => {
  expect(sniffExecutable(file.subarray(0, 4096))).toMatchObject(facts);
});

test.each<[string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(100)],
  ['two letters', Buffer.from('MZ')],
  ['text', Buffer.from('#!/bin/sh\necho hello world, how are you today?\n')],
])('no program: %s', (_name, file) => {
  expect(sniffExecutable(file)).toBeUndefined();
});

test('a header behind a large stub is asked for, and understood when given', () => {
  const small = pe();
  const far = withNewHeader(small.subarray(0x80), 9000);
  const head = far.subarray(0, 4096);
  expect(sniffExecutable(head)).toMatchObject({ format: 'mz' });
  expect(offsetOfNewHeader(head, far.length)).toBe(9000);
  expect(sniffExecutable(head, far.subarray(9000))).toMatchObject({ format: 'pe', machine: 'i386' });
  expect(offsetOfNewHeader(small.subarray(0, 4096), small.length)).toBeUndefined();
  expect(offsetOfNewHeader(head, 9000)).toBeUndefined();
});

test.skipIf(process.platform !== 'linux')('the program that runs this test', () => {
  const head = Buffer.alloc(4096);
  const fd = openSync(process.execPath, 'r');
  readSync(fd, head, 0, head.length, 0);
  closeSync(fd);
  const machines: Readonly<Record<string, string>> = { x64: 'x86-64', arm64: 'arm64', s390x: 's390' };
  expect(sniffExecutable(head)).toMatchObject({ format: 'elf', bits: 64, machine: machines[process.arch] });
});

test('never throws: cut anywhere, or with noise over it', () => {
  const samples = [
    mz(),
    djgpp,
    ne(2),
    le,
    pe(),
    elf(3),
    elf(62, 64),
    elf(4, 32, false),
    bytes('\xca\xfe\xba\xbe'),
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...samples),
      fc.nat({ max: 2048 }),
      fc.nat({ max: 300 }),
      fc.uint8Array({ maxLength: 64 }),
      (sample, cut, at, noise) => {
        const file = Buffer.from(sample.subarray(0, cut));
        file.set(noise.subarray(0, Math.max(0, file.length - at)), Math.min(at, file.length));
        for (const facts of [sniffExecutable(file), sniffExecutable(file, noise), sniffExecutable(noise)]) {
          for (const value of Object.values(facts ?? {})) {
            expect(typeof value === 'number' ? Number.isFinite(value) : true).toBe(true);
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
});
