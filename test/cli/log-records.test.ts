import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogRecords } from '../../src/cli/log-records.ts';

const head = '#fleet98 1 0A1B2C3D 0123456789ABCDEF clock=x step_us=1000 boot=1\n';

function read(...pieces: readonly Uint8Array[]): { out: string; err: string; times: number[] } {
  const records = new LogRecords();
  const all = pieces.flatMap((piece) => records.push(piece));
  const text = (stream: string): string =>
    Buffer.concat(all.filter((record) => record.stream === stream).map((record) => record.bytes)).toString(
      'latin1',
    );
  return { out: text('out'), err: text('err'), times: all.map((record) => record.atMs) };
}

const log = Buffer.from(`${head}@0.5 o 5\nOnce \n@12 e 3\n@1 \n@55.125 o 5\nupon\n\n`, 'latin1');

test.each<[string, string, { out: string; err: string }]>([
  [
    'both streams',
    `${head}@0.5 o 5\nOnce @12 e 4\n@1 \n@55.125 o 5\nupon\n`,
    { out: 'Once upon\n', err: '@1 \n' },
  ],
  ['no record yet', head, { out: '', err: '' }],
  ['a first line that is cut', head.slice(0, 20), { out: '', err: '' }],
  ['a record that is cut', `${head}@1 o 5\nOnc`, { out: '', err: '' }],
  ['something else from a place on', `${head}@1 o 1\na?? odd\nrest`, { out: 'a?? odd\nrest', err: '' }],
])('a log with %s', (_, text, { out, err }) => {
  const seen = read(Buffer.from(text, 'latin1'));
  expect({ out: seen.out, err: seen.err }).toEqual({ out, err });
});

test('times are those of the records', () => {
  expect(read(Buffer.from(`${head}@0.5 o 1\na@12 e 1\nb`)).times).toEqual([0.5, 12]);
});

test('any split of a log shows the same output, and no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.nat(log.length), fc.nat(log.length), fc.uint8Array(), (a, b, noise) => {
      const [from = 0, to = 0] = [a, b].toSorted((x, y) => x - y);
      const pieces = [log.subarray(0, from), log.subarray(from, to), log.subarray(to)];
      expect(read(...pieces).out).toBe(read(log).out);
      read(log.subarray(0, from), noise);
      read(noise);
    }),
  );
});
