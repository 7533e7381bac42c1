import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateTokenizer } from '../../fixtures/checkpoints/generate.mjs';
import { inspectTokenizer } from '../../src/doctor/checkpoint/tokenizer.ts';

const whole = generateTokenizer();

test.each([3, 20, 259, 400, 512, 600])('%i tokens', (vocabSize) => {
  const facts = inspectTokenizer(generateTokenizer({ vocabSize }));
  expect(facts).toEqual({
    format: 'llama2.c tokenizer',
    byteOrder: 'little',
    vocabSize,
    maxTokenLength: expect.any(Number),
  });
});

test('numbers in big-endian order', () => {
  const pieces = ['<unk>', 'a', 'bc'];
  const entries = pieces.map((piece) => {
    const entry = Buffer.alloc(8 + piece.length);
    entry.writeFloatBE(-1.5, 0);
    entry.writeInt32BE(piece.length, 4);
    entry.write(piece, 8);
    return entry;
  });
  const file = Buffer.concat([Buffer.from([0, 0, 0, 5]), ...entries]);
  expect(inspectTokenizer(file)).toMatchObject({ byteOrder: 'big', vocabSize: 3, maxTokenLength: 5 });
});

test('a cut anywhere is noticed: fewer tokens, damaged, or no tokenizer at all', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (cut) => {
      const facts = inspectTokenizer(whole.subarray(0, cut));
      if (facts === undefined) return;
      if (facts['damaged'] === true) expect(Number(facts['vocabSize'])).toBeGreaterThanOrEqual(64);
      else expect(Number(facts['vocabSize'])).toBeLessThan(512);
    }),
    { numRuns: 500 },
  );
});

test('a cut within the last piece', () => {
  expect(inspectTokenizer(whole.subarray(0, -1))).toMatchObject({ damaged: true, vocabSize: 511 });
});

test.each<[string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(4000)],
  ['a number alone', Buffer.from([7, 0, 0, 0])],
  ['text', Buffer.from('Once upon a time, there was a little girl named Lily.')],
  ['a negative length', Buffer.from([7, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255])],
  ['more than 4 MiB', Buffer.concat([whole, Buffer.alloc(4 * 1024 * 1024)])],
])('no tokenizer: %s', (_name, bytes) => {
  expect(inspectTokenizer(bytes)).toBeUndefined();
});

test('never throws, whatever the bytes are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 6000 }), (noise, at) => {
      const file = Buffer.from(whole);
      file.set(noise, at);
      inspectTokenizer(file);
      inspectTokenizer(noise);
    }),
    { numRuns: 500 },
  );
});
