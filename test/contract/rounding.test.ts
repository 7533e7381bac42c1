import { expect, test } from 'vitest';
import { meanAndDeviation, publishedRate } from '../../src/contract/rounding.ts';

test.each<[number, number | undefined, string]>([
  [35.93, 0.117, '35.9 ± 0.1'],
  [35.93, undefined, '35.9'],
  [0.009312, 0.000031, '0.00931 ± 0.00003'],
  [2503.4, 12.2, '2503 ± 12'],
  [1.0312, 0, '1.03 ± 0.00'],
  [0, 0, '0 ± 0'],
  [0.00000012, undefined, '0.000000'],
])('%d and %d', (mean, deviation, text) => {
  expect(meanAndDeviation(mean, deviation)).toBe(text);
});

test.each([
  [{ tokensPerSecond: 2.7 }, '2.7'],
  [{ tokensPerSecond: 0.77, tokensPerSecondTo: 0.81 }, '0.77-0.81'],
  [{ tokensPerSecond: 32, qualifier: 'more-than' as const }, '> 32'],
  [{ tokensPerSecond: 0.002, qualifier: 'about' as const }, '~ 0.002'],
])('%j', (rate, text) => {
  expect(publishedRate(rate)).toBe(text);
});
