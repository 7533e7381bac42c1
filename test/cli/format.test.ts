import { expect, test } from 'vitest';
import { clockTime, duration, facts, rate, size, table } from '../../src/cli/format.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 KB'],
  [221_852, '222 KB'],
  [999_600, '1.0 MB'],
  [60_800_000, '61 MB'],
  [8_589_934_592, '8.6 GB'],
])('%d bytes are %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

test.each([
  [0.0093, '0.0093'],
  [1.0234, '1.02'],
  [35.86, '35.9'],
  [99.96, '100'],
  [1234.5, '1235'],
])('a rate of %d is %s', (value, text) => {
  expect(rate(value)).toBe(text);
});

test.each([
  [0, '0 s'],
  [59.2, '1 min 0 s'],
  [12.1, '13 s'],
  [3725, '1 h 2 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('a table sets numbers right and cannot be broken by a cell', () => {
  const text = table(
    ['NAME', 'N'],
    [
      ['a\nb\u001b', 5],
      ['c', 123],
      ['d', undefined],
    ],
  );
  expect(text).toBe('NAME    N\na␊b␛    5\nc     123\nd       -\n');
});

test('facts leave out what is not known', () => {
  expect(
    facts([
      ['name', 'a'],
      ['health', undefined],
      ['n', 0],
    ]),
  ).toBe('name  a\nn     0\n');
});

test('a time of day has its day only when that is not today', () => {
  const at = new Date(2026, 10, 26, 14, 5);
  expect(clockTime(at.toISOString(), new Date(2026, 10, 26, 1, 0))).toBe('14:05');
  expect(clockTime(at.toISOString(), new Date(2026, 10, 25, 23, 0))).toBe('2026-11-26 14:05');
});
