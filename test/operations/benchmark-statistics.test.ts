import { array, assert, boolean, constantFrom, double, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BenchmarkRun } from '../../src/domain/benchmark.ts';
import type { Figure, Timing } from '../../src/domain/timing.ts';
import { benchmarkRows } from '../../src/operations/benchmark-statistics.ts';

const figure = (value: number, more: Partial<Figure> = {}): Figure => ({
  value,
  source: 'agent',
  clock: 'ticks',
  stepMs: 1,
  ...more,
});

let nextId = 0;
const run = (timing: Timing, more: Partial<BenchmarkRun> = {}): BenchmarkRun => ({
  id: (nextId += 1),
  machineId: 'M1',
  machineName: 'p2',
  bundleId: 1,
  bundleName: 'stories',
  bundleVersion: 1,
  state: 'succeeded',
  simulated: false,
  tokens: 101,
  timing,
  flags: [],
  role: 'measured',
  ordinal: 1,
  ...more,
});

const rate = (value: number, more: Partial<Figure> = {}): Timing => ({
  intervalTokensPerSecond: figure(value, more),
});
const intervals = (runs: readonly BenchmarkRun[]) =>
  benchmarkRows(runs).map(({ statistics }) =>
    statistics.filter(({ definition }) => definition === 'tg.interval'),
  );

describe('a row', () => {
  test('has mean, sample deviation, median, min, max and whose clock it was', () => {
    const runs = [2, 4, 4, 4, 5, 5, 7, 9].map((value) => run(rate(value)));
    expect(intervals(runs)).toEqual([
      [
        {
          definition: 'tg.interval',
          n: 8,
          mean: 5,
          deviation: expect.closeTo(Math.sqrt(32 / 7), 12),
          median: 4.5,
          min: 2,
          max: 9,
          source: 'agent',
          clock: 'ticks',
          stepMs: 1,
          cautions: [],
          runIds: runs.map(({ id }) => id),
        },
      ],
    ]);
  });

  test('of one run has no deviation', () => {
    const [[only] = []] = intervals([run(rate(35.9))]);
    expect(only).toMatchObject({ n: 1, mean: 35.9, median: 35.9 });
    expect(only).not.toHaveProperty('deviation');
  });

  test('has every definition, each for itself, also those that no run gave', () => {
    const timing = { ...rate(10), reportedTokensPerSecond: figure(12, { source: 'engine' }) };
    const [row] = benchmarkRows([run(timing), run(rate(20))]);
    expect(row?.statistics.map(({ definition, n, mean }) => [definition, n, mean])).toEqual([
      ['tool.reported', 1, 12],
      ['tg.interval', 2, 15],
      ['ttft', 0, undefined],
      ['wall', 0, undefined],
    ]);
  });

  test.each<[string, Partial<BenchmarkRun>]>([
    ['a warm-up', { role: 'warm-up' }],
    ['a failed run', { state: 'failed' }],
    ['a run that timed out', { state: 'timed-out' }],
    ['a canceled run', { state: 'canceled' }],
    ['a run that is not over', { state: 'collecting' }],
    ['a lost run', { state: 'lost' }],
  ])('does not count %s, but lists it', (_, more) => {
    const runs = [run(rate(1000), { ...more, flags: ['log-cut'] }), run(rate(10))];
    const [row] = benchmarkRows(runs);
    expect(row?.statistics[1]).toMatchObject({ n: 1, mean: 10, runIds: [runs[1]?.id] });
    expect(row?.flags).toEqual([]);
    expect(row?.runs).toEqual(runs);
  });
});

describe('nothing is averaged across', () => {
  test.each<[string, Partial<BenchmarkRun>]>([
    ['machines', { machineId: 'M2', machineName: 'p3' }],
    ['versions of a bundle', { bundleId: 2, bundleVersion: 2 }],
    ['real and simulated', { simulated: true }],
  ])('%s', (_, more) => {
    const means = intervals([run(rate(10)), run(rate(30), more)]).map(([only]) => only?.mean);
    expect(means).toEqual([10, 30]);
  });

  test.each<[string, Partial<Figure>]>([
    ['clocks', { clock: 'other' }],
    ['sources', { source: 'daemon' }],
  ])('%s', (_, more) => {
    const [both = []] = intervals([run(rate(10)), run(rate(30, more)), run(rate(20))]);
    expect(both.map(({ n, mean }) => [n, mean])).toEqual([
      [2, 15],
      [1, 30],
    ]);
  });
});

describe('cautions', () => {
  // 100 gaps at 10 tok/s are 10 s: a step of 100 ms is 1 % of that.
  test.each<[string, Timing, string[]]>([
    ['1 % is fine', rate(10, { stepMs: 100 }), []],
    ['more is not', rate(10, { stepMs: 101 }), ['coarse-clock']],
    ['a step that nobody told', rate(10, { stepMs: 0 }), ['clock-unknown']],
  ])('of a rate: %s', (_, timing, cautions) => {
    const [[only] = []] = intervals([run(timing), run(rate(10))]);
    expect(only?.cautions).toEqual(cautions);
  });

  test.each([
    [5500, []],
    [5499, ['coarse-clock']],
  ])('of a duration: %d ms by a clock of 55 ms', (value, cautions) => {
    const [row] = benchmarkRows([run({ ttftMs: figure(value, { stepMs: 55 }) })]);
    expect(row?.statistics[2]?.cautions).toEqual(cautions);
  });

  test('the coarsest step of the runs is told', () => {
    const [[only] = []] = intervals([run(rate(10, { stepMs: 1 })), run(rate(10, { stepMs: 3 }))]);
    expect(only?.stepMs).toBe(3);
  });
});

test('whatever the runs: each is in one row, n is what counts, and the mean lies between min and max', () => {
  const anyRun = record({
    value: double({ min: 1e-4, max: 1e6, noNaN: true }),
    machineId: constantFrom('A', 'B'),
    simulated: boolean(),
    state: constantFrom('succeeded' as const, 'failed' as const, 'queued' as const),
    role: constantFrom('measured' as const, 'warm-up' as const),
  });
  assert(
    property(array(anyRun, { maxLength: 30 }), (made) => {
      const runs = made.map(({ value, ...more }) => run(rate(value), more));
      const rows = benchmarkRows(runs);
      expect(rows.flatMap((row) => row.runs.map(({ id }) => id)).toSorted((a, b) => a - b)).toEqual(
        runs.map(({ id }) => id),
      );
      const counted = runs.filter(({ role, state }) => role === 'measured' && state === 'succeeded').length;
      const figures = intervals(runs).flat();
      expect(figures.reduce((sum, { n }) => sum + n, 0)).toBe(counted);
      for (const { mean = 0, min = 0, max = 0 } of figures) {
        expect(mean).toBeGreaterThanOrEqual(min * (1 - 1e-9));
        expect(mean).toBeLessThanOrEqual(max * (1 + 1e-9));
      }
    }),
  );
});
