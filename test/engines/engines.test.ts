import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutputChunk, TokenEvent } from '../../src/domain/token-log.ts';
import type { EngineHead } from '../../src/engines/engine.ts';
import { engineById, engineIds, engines, pickEngine } from '../../src/engines/index.ts';
import { TextBuilder } from '../../src/engines/text.ts';
import { textOf } from './text-of.ts';

const out = (text: string, atMs = 0): OutputChunk => ({
  stream: 'out',
  atMs,
  bytes: new Uint8Array(Buffer.from(text, 'latin1')),
});
const err = (text: string): OutputChunk => ({ ...out(text), stream: 'err' });

const create = (id: string): ReturnType<(typeof engines)[number]['create']> => {
  const engine = engineById(id);
  if (!engine) throw new Error(id);
  return engine.create();
};

describe('the list of engines', () => {
  test('has unique ids, and knows no other', () => {
    expect(engineIds).toEqual(['auto', 'llama98', 'llama2c', 'plain-text']);
    expect(engineIds.map((id) => engineById(id)?.id)).toEqual(engineIds);
    expect(engineById('toString')).toBeUndefined();
  });

  test('ends in one that accepts everything and claims no end marker', () => {
    expect(engines.at(-1)).toMatchObject({ id: 'plain-text', hasEndMarker: false });
    expect(engines.at(-1)?.accepts({ out: '\0', err: '' })).toBe(true);
  });

  const rows: readonly [head: Partial<EngineHead>, mustDecide: boolean, expected: string | undefined][] = [
    [{}, false, undefined],
    [{ out: 'Alloc' }, false, undefined],
    [{ out: 'Allocating RunState buffers: dim=64' }, false, 'llama98 for certain'],
    [{ out: 'Using default checkpoint: stories260K.bin' }, false, 'llama98 for certain'],
    [{ out: 'Once' }, false, 'llama2c perhaps'],
    [{ out: 'Once', err: 'achieved tok/s: 5\n' }, false, 'llama2c for certain'],
    [{ out: 'Onceachieved tok/s: 5\n' }, false, 'llama2c for certain'],
    [{ out: 'Alloc' }, true, 'llama2c perhaps'],
    [{}, true, 'llama2c perhaps'],
  ];
  test.each(rows)('for %o (must decide: %s) gives %s', (head, mustDecide, expected) => {
    const choice = pickEngine({ out: '', err: '', ...head }, mustDecide);
    expect(choice && `${choice.engine.id} ${choice.isCertain ? 'for certain' : 'perhaps'}`).toBe(expected);
  });
});

describe('what may be text', () => {
  test.each(['auto', 'llama2c'])('comes at once from %s, except an end that may be more', (id) => {
    const reader = create(id);
    const pushes = ['Once', ' upon a', ' time', '\n', 'There', ' ach', 'es'].map((text, atMs) =>
      reader.push(out(text, atMs)).map((event) => [event.atMs, Buffer.from(event.bytes).toString()]),
    );
    expect(pushes).toEqual([
      [[0, 'Once']],
      [],
      [
        [1, ' upon a'],
        [2, ' time'],
      ],
      [],
      [
        [3, '\n'],
        [4, 'There'],
      ],
      [],
      [
        [5, ' ach'],
        [6, 'es'],
      ],
    ]);
  });

  test('comes from llama98 as soon as the banner is over', () => {
    const reader = create('auto');
    expect(reader.push(out('Allocating RunState'))).toEqual([]);
    expect(reader.push(out(' buffers: dim=64\nFirst token: 1\nResponse:\n'))).toEqual([]);
    expect(textOf(reader.push(out('\nOnce', 7)))).toBe('Once');
    expect(textOf(reader.push(out(' upon', 8)))).toBe(' upon');
  });

  test('is not held back by a program that only complains', () => {
    const reader = create('auto');
    for (let n = 0; n < 20; n += 1) expect(reader.push(err('x'.repeat(4_096)))).toEqual([]);
    expect(textOf(reader.push(out('All')))).toBe('All');
  });

  test('is bounded while it waits, whatever never ends', () => {
    for (const endless of ['achieved tok/s: ', '1'.repeat(40), 'achieved ', '\r', '\n']) {
      const reader = create('llama2c');
      let given = 0;
      for (let n = 0; n < 200; n += 1) {
        given += reader.push(out(endless)).reduce((sum, event) => sum + event.bytes.length, 0);
      }
      const { textBytes, events } = reader.finish();
      const held = events.reduce((sum, event) => sum + event.bytes.length, 0);
      expect(textBytes).toBe(given + held);
      expect(held).toBeLessThanOrEqual(256);
    }
  });
});

describe('any output', () => {
  const words = fc.constantFrom(
    'achieved tok/s:',
    ' 12.5',
    ' inf',
    '\r\n',
    '\n',
    'Response:',
    'Allocating RunState buffers:',
    'Freeing prompt tokens...',
    'Generation complete',
    'Once',
    'a',
    'é',
  );
  const chunk = fc.record({
    stream: fc.constantFrom('out', 'err'),
    text: fc.oneof(words, fc.string({ maxLength: 9 })),
  });

  test.each(engineIds)('makes %s neither throw nor give more than came', (id) => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 30 }), (given) => {
        const reader = create(id);
        const chunks = given.map(({ stream, text }, atMs) =>
          stream === 'out' ? out(text, atMs) : err(text),
        );
        const events = chunks.flatMap((piece) => reader.push(piece));
        const result = reader.finish();
        const all = [...events, ...result.events];
        const came = chunks
          .filter((piece) => piece.stream === 'out')
          .reduce((sum, piece) => sum + piece.bytes.length, 0);
        expect(result.textBytes).toBeLessThanOrEqual(came);
        expect(all.map((event) => event.index)).toEqual(all.map((_, index) => index));
        expect(all.map((event) => event.atMs)).toEqual(
          all.map((event) => event.atMs).toSorted((a, b) => a - b),
        );
        if (id === 'plain-text') expect(result.textBytes).toBe(came);
      }),
    );
  });
});

const event = (index: number, ...bytes: number[]): TokenEvent => ({
  index,
  atMs: index,
  bytes: new Uint8Array(bytes),
});

test('text is decoded across the borders of events', () => {
  expect(textOf([event(0, 0xe2), event(1, 0x82), event(2, 0xac), event(3, 0xff), event(4, 0xc3)])).toBe(
    '€\uFFFD\uFFFD',
  );
  expect(textOf([event(0, 0xef, 0xbb, 0xbf, 0x61)])).toBe('\uFEFFa');
  expect(textOf([])).toBe('');
});

test.each([
  ['abc', 3, 'abc', false],
  ['abcd', 3, 'abc', true],
  ['ab€', 4, 'ab', true],
  ['ab€', 5, 'ab€', false],
])('of the text %s at most %i bytes are kept, and no part of a character', (whole, maxBytes, text, isCut) => {
  for (const size of [1, 2, 100]) {
    const builder = new TextBuilder(maxBytes);
    const bytes = Buffer.from(whole);
    for (let at = 0; at < bytes.length; at += size) builder.add(bytes.subarray(at, at + size));
    expect(builder.finish()).toEqual({ text, isCut });
  }
});
