import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SseParser, type SseEvent } from '../../src/cli/sse-parser.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function parse(...pieces: readonly Uint8Array[]): SseEvent[] {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

const message = (data: string, id?: string, event = 'message'): SseEvent => ({ event, data, id });

describe('the SSE parser', () => {
  test.each<[string, string, SseEvent[]]>([
    ['an event', 'event: token\ndata: {"a":1}\nid: 7\n\n', [message('{"a":1}', '7', 'token')]],
    ['lines of data', 'data: a\ndata: b\ndata\n\n', [message('a\nb\n')]],
    [
      'no space, one space, two',
      'data:a\n\ndata: a\n\ndata:  a\n\n',
      ['a', 'a', ' a'].map((data) => message(data)),
    ],
    ['comments and heartbeats', ':ok\n\n: beat\n\ndata: a\n\n', [message('a')]],
    ['CR LF', 'data: a\r\nid: 1\r\n\r\ndata: b\r\n\r\n', [message('a', '1'), message('b', '1')]],
    ['CR', 'data: a\r\rdata: b\r\rx', [message('a'), message('b')]],
    ['a byte order mark', '\ufeffdata: a\n\n', [message('a')]],
    ['an id that stays', 'id: 1\n\ndata: a\n\ndata: b\n\n', [message('a', '1'), message('b', '1')]],
    ['an id that is taken back', 'id: 1\ndata: a\n\nid\ndata: b\n\n', [message('a', '1'), message('b', '')]],
    ['an id with NUL', 'id: 1\0\ndata: a\n\n', [message('a')]],
    ['an event without data', 'event: token\nid: 3\n\ndata: a\n\n', [message('a', '3')]],
    ['unknown fields', 'retry: 10\nfoo: bar\ndata: a\n\n', [message('a')]],
    ['an event that is cut', 'data: a\n\ndata: b\n', [message('a')]],
    ['an empty event', 'data:\n\n', [message('')]],
  ])('reads %s', (_, text, events) => {
    expect(parse(bytesOf(text))).toEqual(events);
  });

  test('gives the same for any split at any byte', () => {
    const text = fc.oneof(
      fc.constantFrom(
        'data: ',
        'id: 4',
        'event: token',
        '\n',
        '\n\n',
        '\r',
        '\r\n',
        '\r\n\r\n',
        'é',
        '🙂',
        ': beat',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 10 }), (words, cuts) => {
        // The line end at the end settles whether a last CR was one half of a CR LF.
        const bytes = bytesOf(`${words.join('')}\n`);
        const ends = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b);
        const pieces = [...ends, bytes.length].map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
        expect(parse(...pieces)).toEqual(parse(bytes));
      }),
    );
  });

  test('never throws on bytes', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => void parse(...pieces)));
  });

  test('refuses an event without end', () => {
    const megabyte = bytesOf(`data: ${'x'.repeat(1_048_576)}\n`);
    expect(() => parse(megabyte, megabyte, megabyte, megabyte)).toThrow(RangeError);
    expect(() => parse(...Array.from({ length: 5 }, () => bytesOf('x'.repeat(1_048_576))))).toThrow(
      RangeError,
    );
  });
});
