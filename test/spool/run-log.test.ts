import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutputChunk } from '../../src/domain/token-log.ts';
import { createRunLogDecoder } from '../../src/spool/run-log.ts';
import type { RunLogRecord } from '../../src/spool/run-log.ts';
import { encodeRunLog, exampleHeader, recordsOf } from './encode-run-log.ts';

const chunk: fc.Arbitrary<OutputChunk> = fc.record({
  atMs: fc.nat(9_999_999).map((us) => us / 1000),
  stream: fc.constantFrom('out', 'err'),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 60 }),
});
const chunks = fc.array(chunk, { maxLength: 20 });
const cuts = fc.array(fc.nat(200), { maxLength: 40 });

/** The bytes in pieces of the given lengths, the rest as the last piece. */
function split(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  let at = 0;
  const pieces = lengths.map((length) => bytes.slice(at, (at += length)));
  return [...pieces, bytes.slice(at)];
}

function readAll(pieces: readonly Uint8Array[]): {
  chunks: RunLogRecord[];
  damaged?: string;
  completeBytes: number;
} {
  const decoder = createRunLogDecoder();
  const found: RunLogRecord[] = [];
  let damaged: string | undefined;
  for (const piece of pieces) {
    const pushed = decoder.push(piece);
    found.push(...pushed.chunks);
    damaged = pushed.damaged;
  }
  return { chunks: found, completeBytes: decoder.completeBytes, ...(damaged !== undefined && { damaged }) };
}

const text = (content: string): Uint8Array => Buffer.from(content, 'latin1');
const firstLine = '#fleet98 1 0012ABCD 0123456789ABCDEF clock=GetTickCount step_us=55000 boot=7\n';

describe('a LOG', () => {
  test('begins with whose it is and by which clock', () => {
    const decoder = createRunLogDecoder();
    expect(decoder.push(text(firstLine.slice(0, 20)))).toEqual({ chunks: [] });
    expect(decoder.push(text(firstLine.slice(20)))).toEqual({ header: exampleHeader, chunks: [] });
    expect(decoder.push(text('@0 o 2\nhi\n@12.345 e 1\n\n\n')).chunks).toEqual([
      { atMs: 0, stream: 'out', bytes: new Uint8Array(Buffer.from('hi')), endOffset: firstLine.length + 10 },
      {
        atMs: 12.345,
        stream: 'err',
        bytes: new Uint8Array(Buffer.from('\n')),
        endOffset: firstLine.length + 24,
      },
    ]);
  });

  test('may say more in its first line than is known today', () => {
    const decoder = createRunLogDecoder();
    expect(decoder.push(text(firstLine.replace('\n', ' pid=77\n'))).header).toEqual(exampleHeader);
  });

  test('gives the same chunks however it is cut', () => {
    fc.assert(
      fc.property(chunks, cuts, (given, lengths) => {
        const bytes = encodeRunLog(exampleHeader, given);
        expect(readAll(split(bytes, lengths))).toEqual({
          chunks: recordsOf(exampleHeader, given),
          completeBytes: bytes.length,
        });
      }),
    );
  });

  test('can be taken up again at any byte by pushing the stored bytes once more', () => {
    fc.assert(
      fc.property(chunks, fc.nat(), (given, at) => {
        const bytes = encodeRunLog(exampleHeader, given);
        const stored = at % (bytes.length + 1);
        const decoder = createRunLogDecoder();
        const before = decoder.push(bytes.slice(0, stored)).chunks;
        expect(decoder.completeBytes).toBeLessThanOrEqual(stored);
        expect([...before, ...decoder.push(bytes.slice(stored)).chunks]).toEqual(
          recordsOf(exampleHeader, given),
        );
      }),
    );
  });

  test('that is cut gives its whole records and waits', () => {
    const bytes = text(`${firstLine}@0 o 2\nhi\n@1 o 5\nwor`);
    const found = readAll([bytes]);
    expect(found.damaged).toBeUndefined();
    expect(found.chunks).toHaveLength(1);
    expect(found.completeBytes).toBe(bytes.length - '@1 o 5\nwor'.length);
  });

  test('is not tied to the buffer it was read into', () => {
    const buffer = text(`${firstLine}@0 o 2\nhi\n@1 o 2\nhi`);
    const decoder = createRunLogDecoder();
    const first = decoder.push(buffer).chunks;
    buffer.fill(0);
    expect(
      [...first, ...decoder.push(text('\n')).chunks].map((found) => Buffer.from(found.bytes).toString()),
    ).toEqual(['hi', 'hi']);
  });

  test('may have records of 4,096 bytes', () => {
    const given: OutputChunk[] = [{ atMs: 1, stream: 'out', bytes: new Uint8Array(4_096).fill(10) }];
    expect(readAll(split(encodeRunLog(exampleHeader, given), [90, 4_000])).chunks).toEqual(
      recordsOf(exampleHeader, given),
    );
  });
});

describe('a LOG that makes no sense', () => {
  const rows: readonly [title: string, content: string][] = [
    ['another file', 'MZ\u0090\0\n'],
    ['another version', firstLine.replace(' 1 ', ' 2 ')],
    ['a wrong id', firstLine.replace('0012ABCD', '0012abcd')],
    ['a wrong token', firstLine.replace('0123456789ABCDEF', '01234567')],
    ['no clock', firstLine.replace('clock=GetTickCount ', '')],
    ['no step', firstLine.replace('step_us=55000', 'step_us=x')],
    ['no boot', firstLine.replace(' boot=7', '')],
    ['an endless first line', `#fleet98 1 ${'x'.repeat(600)}`],
    ['a record without a head', `${firstLine}hello\n`],
    ['an endless head', `${firstLine}@${'1'.repeat(60)}`],
    ['a record of nothing', `${firstLine}@1 o 0\n\n`],
    ['a record that is too long', `${firstLine}@1 o 4097\n`],
    ['a stream that is none', `${firstLine}@1 x 1\na\n`],
    ['a time before the start', `${firstLine}@-1 o 1\na\n`],
    ['a time that is none', `${firstLine}@1e3 o 1\na\n`],
    ['a record longer than it says', `${firstLine}@1 o 2\nabc\n`],
  ];
  test.each(rows)('%s', (_title, content) => {
    const decoder = createRunLogDecoder();
    const { damaged } = decoder.push(text(content));
    expect(damaged).toMatch(/ /);
    expect(decoder.push(text(`${firstLine}@1 o 1\na\n`))).toMatchObject({ damaged, chunks: [] });
  });

  test('still gives the records before the damage', () => {
    const found = readAll([text(`${firstLine}@1 o 1\na\n@2 o 1\nb\n#fleet98`), text(' 1\n')]);
    expect(found.chunks).toHaveLength(2);
    expect(found.damaged).toBeDefined();
    expect(found.completeBytes).toBe(firstLine.length + 18);
  });

  test('never throws, cut or changed anywhere', () => {
    fc.assert(
      fc.property(chunks, fc.nat(), fc.nat(255), cuts, (given, at, byte, lengths) => {
        const bytes = encodeRunLog(exampleHeader, given);
        bytes[at % bytes.length] = byte;
        const found = readAll(split(bytes, lengths));
        expect(found).toEqual(readAll([bytes]));
        expect(found.completeBytes).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  test('never throws, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_000 }), (bytes) => {
        expect(readAll([text(firstLine), bytes]).chunks.length).toBeLessThan(200);
      }),
    );
  });
});
