import { describe, expect, test } from 'vitest';
import { benchmarkState } from '../../src/domain/benchmark.ts';
import type { BenchmarkState } from '../../src/domain/benchmark.ts';
import { parametersOf, sizeOf } from '../../src/domain/leaderboard.ts';
import type { RunState } from '../../src/domain/run.ts';

test.each<[RunState[], BenchmarkState]>([
  [['queued', 'queued'], 'queued'],
  [['starting', 'queued'], 'active'],
  [['succeeded', 'queued'], 'active'],
  [['succeeded', 'lost'], 'active'],
  [['failed', 'canceling'], 'active'],
  [['succeeded', 'succeeded'], 'done'],
  [['succeeded', 'failed'], 'partly-failed'],
  [['succeeded', 'canceled'], 'partly-failed'],
  [['failed', 'timed-out'], 'failed'],
  [['failed', 'canceled'], 'failed'],
  [['canceled', 'canceled'], 'canceled'],
])('%j is %s', (runs, state) => {
  expect(benchmarkState(runs)).toBe(state);
});

describe('the size of a model', () => {
  test.each([
    ['260K', 260_000],
    ['15M', 15_000_000],
    ['1.1B', 1_100_000_000],
    ['15', undefined],
    ['15m', undefined],
    ['', undefined],
  ])('%s', (checkpoint, parameters) => {
    expect(parametersOf(checkpoint)).toBe(parameters);
  });

  // The first four are what the published stories models have.
  test.each([
    [260_032, '260K'],
    [15_191_712, '15M'],
    [41_689_600, '42M'],
    [109_529_856, '110M'],
    [51_360, '51K'],
    [14_000_000, '14M'],
    [999, '1000'],
  ])('%d parameters are %s', (parameters, size) => {
    expect(sizeOf(parameters, ['260K', '15M', '42M', '110M'])).toBe(size);
  });
});
