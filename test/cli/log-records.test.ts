import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LogRecords, type LogRecord } from '../../src/cli/log-records.ts';

const fixtures = new URL('../../fixtures/agent/', import.meta.url);

interface LogCase {
  readonly file: string;
  readonly expect: 'whole' | 'torn' | 'damaged';
  readonly because: string;
  readonly records: readonly { readonly ms: number; readonly stream: string; readonly base64: string }[];
}

const cases: LogCase[] = JSON.parse(readFileSync(new URL('cases.json', fixtures), 'utf8'));
const logs = cases.filter(({ file }) => file.startsWith('logs/'));

function read(...pieces: readonly Uint8Array[]): LogRecord[] {
  const records = new LogRecords();
  return pieces.flatMap((piece) => records.push(piece));
}

const textOf = (records: readonly LogRecord[]): string =>
  records.map(({ stream, bytes }) => `${stream}:${Buffer.from(bytes).toString('latin1')}`).join('|');

describe('the logs of fixtures/agent', () => {
  test('are found', () => {
    expect(logs.length).toBeGreaterThan(5);
  });

  test.each(logs)('$file: $because', ({ file, records, expect: outcome }) => {
    const seen = read(readFileSync(new URL(file, fixtures)));
    const known = seen.slice(0, records.length);
    expect(
      known.map(({ atMs, stream, bytes }) => ({
        ms: atMs,
        stream: stream === 'out' ? 'o' : 'e',
        base64: Buffer.from(bytes).toString('base64'),
      })),
    ).toEqual(records);
    // What makes no sense is shown as it is.
    expect(seen.length - known.length).toBe(outcome === 'damaged' ? 1 : 0);
  });

  test.each(logs)('$file shows the same in pieces of any size', ({ file }) => {
    const log = readFileSync(new URL(file, fixtures));
    fc.assert(
      fc.property(fc.array(fc.nat(log.length), { maxLength: 6 }), (cuts) => {
        const ends = [...cuts.toSorted((a, b) => a - b), log.length];
        const seen = read(...ends.map((end, at) => log.subarray(ends[at - 1] ?? 0, end)));
        // Bytes that make no sense may come in pieces; everything else is the same record by record.
        expect(textOf(seen).replaceAll('|out:', '')).toBe(textOf(read(log)).replaceAll('|out:', ''));
      }),
    );
  });
});

test('no bytes make it throw, and none of a first line that never ends are kept back', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array()), (pieces) => void read(...pieces)));
  expect(textOf(read(Buffer.alloc(600, 'x')))).toBe(`out:${'x'.repeat(600)}`);
});
