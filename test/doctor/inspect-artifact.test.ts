import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateCheckpoint, generateTokenizer } from '../../fixtures/checkpoints/generate.mjs';
import { inspectArtifact, type Inspection } from '../../src/doctor/inspect-artifact.ts';
import { elf, mz, pe, withNewHeader } from './sample-files.ts';

const inspect = (file: Uint8Array): Promise<Inspection> =>
  inspectArtifact(file.subarray(0, 4096), file.length, async (offset, length) =>
    file.subarray(offset, offset + length),
  );

const model = generateCheckpoint();
const tokenizer = generateTokenizer();
const text = (words: string): Buffer => Buffer.from(words, 'latin1');
const magic = (start: string, at = 0): Buffer =>
  Buffer.concat([Buffer.alloc(at), text(start), Buffer.alloc(600)]);

test.each<[string, Uint8Array, string, Record<string, unknown>]>([
  ['a checkpoint', model, 'checkpoint', { format: 'llama2.c v0', vocabSize: 512, parameters: 51_360 }],
  [
    'a checkpoint that lacks one byte',
    model.subarray(0, -1),
    'checkpoint',
    { damaged: true, sizeExpected: 221_852 },
  ],
  ['a checkpoint with one byte more', Buffer.concat([model, text('x')]), 'checkpoint', { damaged: true }],
  ['a checkpoint of which half arrived', model.subarray(0, 110_000), 'checkpoint', { damaged: true }],
  ['a GGUF file', magic('GGUF\x03\0\0\0'), 'checkpoint', { format: 'gguf', version: 3 }],
  ['a tokenizer', tokenizer, 'tokenizer', { vocabSize: 512, maxTokenLength: 6 }],
  ['a tokenizer that lacks one byte', tokenizer.subarray(0, -1), 'tokenizer', { damaged: true }],
  ['a small tokenizer', generateTokenizer({ vocabSize: 8 }), 'tokenizer', { vocabSize: 8 }],
  ['a Windows program', pe(), 'executable', { format: 'pe', machine: 'i386' }],
  [
    'a Windows program cut short',
    pe().subarray(0, 0x5ff),
    'executable',
    { damaged: true, sizeExpected: 0x600 },
  ],
  [
    'a Windows program behind a large stub',
    withNewHeader(pe().subarray(0x80), 5000),
    'executable',
    { format: 'pe' },
  ],
  [
    'a DOS program cut short',
    mz(2000).subarray(0, 1999),
    'executable',
    { damaged: true, sizeExpected: 2000 },
  ],
  ['a Linux program', elf(3), 'executable', { format: 'elf' }],
  ['a Linux program cut short', elf(3).subarray(0, 150), 'executable', { damaged: true }],
  [
    'a shell script',
    text('#!/bin/sh -e\necho hi\n'),
    'script',
    { format: 'script', interpreter: '/bin/sh -e', lineEnds: 'lf' },
  ],
  [
    'a shell script from Windows',
    text('#!/bin/sh\r\necho hi\r\n'),
    'script',
    { lineEnds: 'crlf', interpreter: '/bin/sh' },
  ],
  ['a batch file', text('@ECHO OFF\r\nRUN.EXE\r\n'), 'script', { format: 'batch', lineEnds: 'crlf' }],
  ['a batch file from Unix', text('rem start\nrun\n'), 'script', { format: 'batch', lineEnds: 'lf' }],
  [
    'a text that begins like a program',
    text('MZ is the mark of Mark Zbikowski, and this is only a text about it.\r\nx\n'),
    'text',
    { encoding: 'ascii', lineEnds: 'mixed' },
  ],
  ['a UTF-8 text', Buffer.from('Größe'), 'text', { encoding: 'utf-8', lineEnds: 'none' }],
  ['a text in a code page', text('Gr\x94\xe1e\r\n'), 'text', { encoding: 'code page' }],
  ['a CSS file', text('@media print { }\n'), 'text', {}],
  ['zip', magic('PK\x03\x04'), 'archive', { format: 'zip' }],
  ['gzip', magic('\x1f\x8b\x08'), 'archive', { format: 'gzip' }],
  ['bzip2', magic('BZh91AY&SY'), 'archive', { format: 'bzip2' }],
  ['7z', magic('7z\xbc\xaf\x27\x1c'), 'archive', { format: '7z' }],
  ['tar', magic('ustar', 257), 'archive', { format: 'tar' }],
  ['lha', magic('\x20\x00-lh5-'), 'archive', { format: 'lha' }],
  ['BinHex', text('(This file must be converted with BinHex 4.0)\r\n'), 'archive', { format: 'binhex' }],
  ['zeros', new Uint8Array(5000), 'other', {}],
  ['nothing', new Uint8Array(0), 'other', {}],
])('%s', async (_name, file, kind, facts) => {
  expect(await inspect(file)).toEqual({ kind, facts: expect.objectContaining(facts) });
});

describe('without a way to read on', () => {
  test('a tokenizer larger than its head is not known', async () => {
    expect((await inspectArtifact(tokenizer.subarray(0, 4096), tokenizer.length)).kind).toBe('other');
  });

  test('a tokenizer that is all there is known', async () => {
    expect((await inspectArtifact(tokenizer, tokenizer.length)).kind).toBe('tokenizer');
  });
});

test('a large file is not read whole', async () => {
  const reads: number[] = [];
  const head = new Uint8Array(4096).fill(0x80);
  head.set([7, 0, 0, 0]);
  await inspectArtifact(head, 5_000_000_000, async (_offset, length) => {
    reads.push(length);
    return new Uint8Array(0);
  });
  expect(reads).toEqual([]);
});

test('never throws and always says a kind, whatever the file and its size are', async () => {
  const samples: readonly Uint8Array[] = [model, tokenizer, pe(), elf(62, 64), new Uint8Array(0)];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...samples),
      fc.uint8Array({ maxLength: 200 }),
      fc.nat({ max: 5000 }),
      fc.double({ min: 0, max: 2 ** 40, noNaN: true }),
      async (sample, noise, cut, size) => {
        const file = Buffer.concat([noise, sample.subarray(noise.length, cut)]);
        const { kind, facts } = await inspectArtifact(file, Math.floor(size), async (offset, length) =>
          file.subarray(offset, offset + length),
        );
        expect(kind).toMatch(/^(checkpoint|tokenizer|executable|script|archive|text|other)$/);
        expect(JSON.stringify(facts).length).toBeLessThan(1000);
      },
    ),
    { numRuns: 500 },
  );
});
