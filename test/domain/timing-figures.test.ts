import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TextTimes, timingOf } from '../../src/domain/timing-figures.ts';
import type { TimingInput } from '../../src/domain/timing-figures.ts';
import type { Timing } from '../../src/domain/timing.ts';

const tick = { name: 'GetTickCount', stepMs: 55 };
const fine = { name: 'QueryPerformanceCounter', stepMs: 0.001 };

function textAt(...timesMs: number[]): TextTimes {
  const times = new TextTimes();
  for (const atMs of timesMs) times.add(atMs);
  return times;
}

const timing = (input: Partial<TimingInput>): Timing =>
  timingOf({ times: textAt(), report: { endMarker: true }, agentClock: fine, ...input });

/** The figures that are there, by name, without their clocks. */
const valuesOf = (found: Timing): Record<string, number> =>
  Object.fromEntries(Object.entries(found).map(([name, figure]) => [name, figure.value]));

describe('figures', () => {
  test('say whose clock they are from and how coarse it is', () => {
    const found = timingOf({
      times: textAt(110, 220, 330),
      report: { tokensPerSecond: 9.5, raw: '9.5', endMarker: true },
      agentClock: tick,
      engineClock: { name: 'clock()', stepMs: 10 },
      wallMs: 440,
    });
    const agent = { source: 'agent', clock: 'GetTickCount', stepMs: 55 };
    expect(found).toEqual({
      ttftMs: { value: 110, ...agent },
      intervalTokensPerSecond: { value: (2 / 220) * 1000, ...agent },
      reportedTokensPerSecond: { value: 9.5, source: 'engine', clock: 'clock()', stepMs: 10 },
      wallMs: { value: 440, ...agent },
      gapMedianMs: { value: 110, ...agent },
      gapP95Ms: { value: 110, ...agent },
    });
  });

  test('of an engine whose clock is not known say so', () => {
    expect(timing({ report: { tokensPerSecond: 9.5, endMarker: true } })).toEqual({
      reportedTokensPerSecond: { value: 9.5, source: 'engine', clock: 'unknown', stepMs: 0 },
    });
  });

  const rows: readonly [title: string, input: Partial<TimingInput>, expected: Record<string, number>][] = [
    ['of nothing are none', {}, {}],
    ['of one piece are only its time', { times: textAt(30) }, { ttftMs: 30 }],
    ['of two pieces at once have no rate', { times: textAt(30, 30) }, { ttftMs: 30 }],
    ['have no rate when the clock went back', { times: textAt(30, 40, 35, 90) }, { ttftMs: 30 }],
    [
      'leave out what is below a step of the clock',
      { times: textAt(50, 60, 70), agentClock: tick, wallMs: 54 },
      {},
    ],
    [
      'of a coarse clock may have a rate and no median gap',
      { times: textAt(55, 55, 55, 110, 110, 110, 165), agentClock: tick },
      { ttftMs: 55, intervalTokensPerSecond: (6 / 110) * 1000, gapP95Ms: 55 },
    ],
    [
      'take the middle of two gaps as median',
      { times: textAt(10, 20, 50) },
      { ttftMs: 10, intervalTokensPerSecond: 50, gapMedianMs: 20, gapP95Ms: 30 },
    ],
    [
      'of 20 gaps have the 19th as 95th percentile',
      { times: textAt(...Array.from({ length: 21 }, (_, n) => (n * (n + 1)) / 2 + 1)) },
      { ttftMs: 1, intervalTokensPerSecond: (20 / 210) * 1000, gapMedianMs: 10.5, gapP95Ms: 19 },
    ],
    [
      'may be very slow',
      { times: textAt(107_000, 214_000), wallMs: 300_000 },
      {
        ttftMs: 107_000,
        intervalTokensPerSecond: 1 / 107,
        gapMedianMs: 107_000,
        gapP95Ms: 107_000,
        wallMs: 300_000,
      },
    ],
    ['leave out a wall time of nothing', { wallMs: 0 }, {}],
    ['leave out a rate that was not printed', { report: { raw: 'inf', endMarker: true } }, {}],
  ];
  test.each(rows)('%s', (_title, input, expected) => {
    const found = valuesOf(timing(input));
    expect(Object.keys(found).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [name, value] of Object.entries(expected)) expect(found[name]).toBeCloseTo(value, 9);
  });

  test('of very many pieces have a rate and no gaps', () => {
    const times = new TextTimes();
    for (let n = 0; n <= 1_000_001; n += 1) times.add(n + 1);
    const found = valuesOf(timing({ times }));
    expect(Object.keys(found)).toEqual(['ttftMs', 'intervalTokensPerSecond']);
    expect(found['intervalTokensPerSecond']).toBe(1000);
  });

  test('are always positive numbers', () => {
    const time = fc.oneof(fc.double(), fc.nat(1_000));
    fc.assert(
      fc.property(
        fc.array(time, { maxLength: 20 }),
        fc.option(time, { nil: 0 }),
        fc.nat(100),
        (times, wallMs, stepMs) => {
          const found = timing({ times: textAt(...times), wallMs, agentClock: { name: 'c', stepMs } });
          for (const value of Object.values(valuesOf(found))) expect(value).toBeGreaterThan(0);
        },
      ),
    );
  });
});
