import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutputChunk, TokenEvent } from '../../src/domain/token-log.ts';
import type { EngineResult } from '../../src/engines/engine.ts';
import { engineById } from '../../src/engines/index.ts';
import { textOf } from './text-of.ts';

interface FixtureChunk {
  readonly stream: 'out' | 'err';
  readonly atMs: number;
  readonly text?: string;
  readonly base64?: string;
}

interface Fixture {
  readonly title: string;
  readonly engine: string;
  readonly chunks: readonly FixtureChunk[];
  readonly expected: {
    readonly text: string;
    readonly tokensPerSecond: number | null;
    readonly raw?: string;
    readonly endMarker: boolean;
    readonly events: number;
  };
  /** Where `auto` cannot know what the bundle would have said. */
  readonly expectedOfAuto?: { readonly engine: string; readonly text: string };
}

const folder = new URL('../../fixtures/engine-output/', import.meta.url);
const fixtures = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry): [string, Fixture] => {
    const fixture: Fixture = JSON.parse(readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8'));
    return [`${fixture.engine}/${entry.name}: ${fixture.title}`, fixture];
  });

const chunksOf = (fixture: Fixture): OutputChunk[] =>
  fixture.chunks.map(({ stream, atMs, text, base64 }) => ({
    stream,
    atMs,
    bytes: new Uint8Array(base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64')),
  }));

interface Reading {
  readonly text: string;
  readonly events: readonly TokenEvent[];
  readonly result: EngineResult;
}

function read(engineId: string, chunks: readonly OutputChunk[]): Reading {
  const reader = engineById(engineId)?.create();
  if (!reader) throw new Error(`there is no engine ${engineId}`);
  const early = chunks.flatMap((chunk) => reader.push(chunk));
  const result = reader.finish();
  const events = [...early, ...result.events];
  return { text: textOf(events), events, result };
}

/** Each chunk cut after so many bytes, over and over. */
const cutEach = (chunks: readonly OutputChunk[], lengths: readonly number[]): OutputChunk[] => {
  let turn = 0;
  return chunks.flatMap((chunk) => {
    const pieces: OutputChunk[] = [];
    for (let at = 0; at < chunk.bytes.length;) {
      const length = lengths[turn++ % lengths.length] ?? 1;
      pieces.push({ ...chunk, bytes: chunk.bytes.slice(at, at + length) });
      at += length;
    }
    return pieces;
  });
};

test('there are outputs of every engine', () => {
  expect(new Set(fixtures.map(([, fixture]) => fixture.engine))).toEqual(
    new Set(['llama98', 'llama2c', 'plain-text']),
  );
});

describe.each(fixtures)('%s', (_name, fixture) => {
  const { expected } = fixture;
  const chunks = chunksOf(fixture);

  test('is read by its engine', () => {
    const { text, events, result } = read(fixture.engine, chunks);
    expect(text).toBe(expected.text);
    expect(result.report).toEqual({
      ...(expected.tokensPerSecond !== null && { tokensPerSecond: expected.tokensPerSecond }),
      ...(expected.raw !== undefined && { raw: expected.raw }),
      endMarker: expected.endMarker,
    });
    expect(result.engine).toBe(fixture.engine);
    expect(events.map((event) => event.index)).toEqual(Array.from({ length: expected.events }, (_, n) => n));
    expect(result.textBytes).toBe(events.reduce((sum, event) => sum + event.bytes.length, 0));
    const times = new Set(chunks.map((chunk) => chunk.atMs));
    expect(events.filter((event) => !times.has(event.atMs) || event.bytes.length === 0)).toEqual([]);
  });

  test('is recognized', () => {
    const { text, result } = read('auto', chunks);
    expect(result.engine).toBe(fixture.expectedOfAuto?.engine ?? fixture.engine);
    expect(text).toBe(fixture.expectedOfAuto?.text ?? expected.text);
    expect(result.report.endMarker).toBe(expected.endMarker);
    expect(result.report.tokensPerSecond ?? null).toBe(expected.tokensPerSecond);
  });

  test('gives the same text and report however its records are cut', () => {
    const whole = read(fixture.engine, chunks);
    const wholeAuto = read('auto', chunks);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }), (lengths) => {
        const cut = cutEach(chunks, lengths);
        expect(read(fixture.engine, cut)).toMatchObject({
          text: whole.text,
          result: { report: whole.result.report },
        });
        const auto = read('auto', cut);
        expect(auto.text).toBe(wholeAuto.text);
        expect(auto.result.engine).toBe(wholeAuto.result.engine);
      }),
      { numRuns: 30, examples: [[[1]]] },
    );
  });
});
