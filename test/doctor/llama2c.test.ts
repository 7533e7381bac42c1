import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateCheckpoint } from '../../fixtures/checkpoints/generate.mjs';
import { inspectGguf } from '../../src/doctor/checkpoint/gguf.ts';
import {
  inspectLlama2c,
  v0SizeBytes,
  v1SizeBytes,
  v2SizeBytes,
  type Llama2cShape,
} from '../../src/doctor/checkpoint/llama2c.ts';
import { laterHeader, v0Header } from './sample-files.ts';

const shape = (
  dim: number,
  hiddenDim: number,
  layers: number,
  heads: number,
  kvHeads: number,
  vocabSize: number,
  seqLen: number,
  sharedClassifier = true,
): Llama2cShape => ({
  dim,
  hiddenDim,
  layers,
  heads,
  kvHeads,
  vocabSize,
  seqLen,
  sharedClassifier,
});

const stories260K = shape(64, 172, 5, 8, 4, 512, 512);
const stories15M = shape(288, 768, 6, 6, 6, 32_000, 256);
const stories110M = shape(768, 2048, 12, 12, 12, 32_000, 1024);
const llama7B = shape(4096, 11_008, 32, 32, 32, 32_000, 2048, false);

/** Shape, v0 bytes, parameters, group size and v2 bytes of published models. */
const known: readonly [string, Llama2cShape, number, number, number, number][] = [
  ['stories260K', stories260K, 1_056_540, 260_032, 4, 521_728],
  ['stories260K', stories260K, 1_056_540, 260_032, 64, 278_608],
  ['stories15M', stories15M, 60_816_028, 15_191_712, 32, 17_101_696],
  ['stories42M', shape(512, 1376, 8, 8, 8, 32_000, 1024), 167_020_572, 41_689_600, 64, 44_321_024],
  ['stories110M', stories110M, 438_381_596, 109_529_856, 64, 116_432_128],
  [
    'TinyLlama',
    shape(2048, 5632, 22, 32, 4, 32_000, 2048, false),
    4_400_717_852,
    1_100_048_384,
    64,
    1_169_072_384,
  ],
  [
    'Llama 3.2 1B',
    shape(2048, 8192, 16, 32, 8, 128_256, 2048),
    4_943_781_916,
    1_235_814_400,
    64,
    1_313_251_584,
  ],
  ['Llama 2 7B', llama7B, 26_954_711_068, 6_738_415_616, 64, 7_160_348_928],
];

describe.each(known)('%s', (_name, model, v0Bytes, parameters, groupSize, v2Bytes) => {
  test('v0: size and parameters follow from the header, in both byte orders', () => {
    expect(v0SizeBytes(model)).toBe(v0Bytes);
    for (const littleEndian of [true, false]) {
      expect(inspectLlama2c(v0Header(model, littleEndian), v0Bytes)).toEqual({
        format: 'llama2.c v0',
        ...model,
        parameters,
        ramBytes: expect.any(Number),
        byteOrder: littleEndian ? 'little' : 'big',
      });
    }
  });

  test.each([-1, 1, -1000])('v0: %i bytes make it damaged', (difference) => {
    expect(inspectLlama2c(v0Header(model), v0Bytes + difference)).toMatchObject({
      sizeExpected: v0Bytes,
      damaged: true,
    });
  });

  test('v2: known by its magic', () => {
    expect(v2SizeBytes(model, groupSize)).toBe(v2Bytes);
    const facts = inspectLlama2c(laterHeader(model, 2, groupSize), v2Bytes);
    expect(facts).toMatchObject({ format: 'llama2.c v2', parameters, groupSize, ...model });
    expect(facts).not.toHaveProperty('damaged');
    expect(facts?.['groupsFit']).toBe(model.hiddenDim % groupSize === 0);
    expect(inspectLlama2c(laterHeader(model, 2, groupSize), v2Bytes - 1)).toMatchObject({ damaged: true });
  });

  test('v1: known by its magic', () => {
    const bytes = v1SizeBytes(model);
    expect(bytes).toBe(256 + 4 * parameters);
    expect(inspectLlama2c(laterHeader(model, 1), bytes)).toMatchObject({ format: 'llama2.c v1', parameters });
    expect(inspectLlama2c(laterHeader(model, 1), bytes + 4)).toMatchObject({
      damaged: true,
      sizeExpected: bytes,
    });
  });
});

test('memory: 655,360 bytes of keys and values come on top of the 260K file', () => {
  const ram = Number(inspectLlama2c(v0Header(stories260K), 1_056_540)?.['ramBytes']);
  expect(ram).toBeGreaterThan(1_056_540 + 655_360);
  expect(ram).toBeLessThan(1_056_540 + 655_360 + 64_000);
});

test('a version that nobody knows is still recognised', () => {
  expect(inspectLlama2c(laterHeader(stories15M, 3), 5000)).toEqual({
    format: 'llama2.c v3',
    byteOrder: 'little',
  });
});

test.each<[string, Partial<Llama2cShape>]>([
  ['heads that do not divide dim', { heads: 7, kvHeads: 7 }],
  ['KV heads that do not divide heads', { kvHeads: 3 }],
  ['heads of odd size', { dim: 72, heads: 8, kvHeads: 8 }],
  ['no layer', { layers: 0 }],
  ['257 layers', { layers: 257 }],
  ['a vocabulary of one', { vocabSize: 1 }],
  ['a negative dim', { dim: -64 }],
  ['two million positions', { seqLen: 2_000_000 }],
])('no checkpoint: %s', (_name, change) => {
  const odd = { ...stories260K, ...change };
  expect(inspectLlama2c(v0Header(odd), Math.abs(v0SizeBytes(odd)))).toBeUndefined();
});

test.each([
  ['a fifth of it', 1_056_540 / 5],
  ['five times of it', 1_056_540 * 5],
  ['nothing', 0],
])('a header with %s behind it is no proof', (_name, sizeBytes) => {
  expect(inspectLlama2c(v0Header(stories260K), sizeBytes)).toBeUndefined();
});

test('any shape that is generated is recognised, and noticed when cut anywhere above a quarter', () => {
  const shapes = fc.record({
    headSize: fc.constantFrom(2, 4, 8),
    kvHeads: fc.constantFrom(1, 2),
    groups: fc.constantFrom(1, 2, 4),
    hiddenDim: fc.integer({ min: 1, max: 40 }),
    layers: fc.integer({ min: 1, max: 3 }),
    vocabSize: fc.integer({ min: 2, max: 40 }),
    seqLen: fc.integer({ min: 1, max: 64 }),
    sharedClassifier: fc.boolean(),
  });
  fc.assert(
    fc.property(
      shapes,
      fc.double({ min: 0.26, max: 1, noNaN: true }),
      ({ headSize, groups, ...rest }, part) => {
        const heads = rest.kvHeads * groups;
        const file = generateCheckpoint({ ...rest, heads, dim: headSize * heads });
        const facts = inspectLlama2c(file.subarray(0, 4096), file.length);
        expect(facts).toMatchObject({ dim: headSize * heads, heads, ...rest });
        expect(facts).not.toHaveProperty('damaged');
        const cut = Math.floor(file.length * part);
        if (cut === file.length) return;
        expect(inspectLlama2c(file.subarray(0, Math.min(cut, 4096)), cut)).toMatchObject({
          damaged: true,
          sizeExpected: file.length,
        });
      },
    ),
    { numRuns: 60 },
  );
});

describe('gguf', () => {
  test.each([
    ['GGUF\x03\0\0\0', { format: 'gguf', version: 3, byteOrder: 'little' }],
    ['GGUF\0\0\0\x02', { format: 'gguf', version: 2, byteOrder: 'big' }],
    ['GGUF\x03\0\0', undefined],
    ['GGML\x03\0\0\0', undefined],
  ])('%j', (text, facts) => {
    expect(inspectGguf(Buffer.from(text, 'latin1'))).toEqual(facts);
  });
});
