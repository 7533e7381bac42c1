import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { benchmarkState } from '../../src/domain/benchmark.ts';
import type { Benchmark, BenchmarkRun } from '../../src/domain/benchmark.ts';
import { isRunEnded } from '../../src/domain/run.ts';
import type { BenchmarkRequest } from '../../src/operations/operations.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Prints as an engine of the llama2.c family does, and notes each start in a file of its folder. */
const engine = encode(`
  const fs = require('node:fs');
  fs.appendFileSync('STARTS.TXT', 'x');
  const starts = fs.readFileSync('STARTS.TXT', 'latin1').length;
  if (process.argv[2] === 'bad-second' && starts === 2) { console.error('no'); process.exit(3); }
  let n = 0;
  const timer = setInterval(() => {
    process.stdout.write(' word');
    if ((n += 1) < 5) return;
    clearInterval(timer);
    process.stdout.write('\\n');
    process.stderr.write('achieved tok/s: ' + (100 + starts) + '.000000\\n');
  }, 60);
`);
const command = {
  program: 'node',
  args: ['ENGINE.JS', { name: 'mode', type: 'text' as const }],
  keep: [],
};

const asked = (more: Partial<BenchmarkRequest> = {}): BenchmarkRequest => ({
  bundles: ['engine'],
  machines: 'all',
  parameters: {},
  limits: {},
  repetitions: 2,
  warmUps: 1,
  deploy: true,
  requestedBy: 'test',
  ...more,
});

function benchmarkEnd(fleet: TestFleet, { id }: Benchmark): Promise<BenchmarkRun[]> {
  return waitFor(`benchmark ${id}`, async () => {
    const runs = await fleet.store.benchmarks.runs(id);
    return runs.every(({ state }) => isRunEnded(state)) && runs;
  });
}

async function startFleet(...names: string[]): Promise<TestFleet> {
  const fleet = await TestFleet.start();
  for (const name of names) await fleet.addPc(name);
  await fleet.addBundle('engine', { 'ENGINE.JS': engine }, command);
  return fleet;
}

const startsOf = async (fleet: TestFleet, name: string): Promise<string> => {
  const bundle = await fleet.operations.findBundle('engine');
  return readFileSync(join(fleet.folder, name, 'FLEET98', bundle.folder, 'STARTS.TXT'), 'utf8');
};

describe('a benchmark', () => {
  test('deploys, warms up, measures in order on each machine, and counts what it should', async () => {
    await using fleet = await startFleet('one', 'two');
    const benchmark = await fleet.operations.createBenchmark(asked({ name: 'first' }));
    expect(benchmark).toMatchObject({ id: 1, name: 'first', repetitions: 2, warmUps: 1 });
    const runs = await benchmarkEnd(fleet, benchmark);
    expect(runs.map(({ machineName, role, ordinal, state }) => [machineName, role, ordinal, state])).toEqual(
      ['one', 'two'].flatMap((name) => [
        [name, 'warm-up', 1, 'succeeded'],
        ...[1, 2].map((ordinal) => [name, 'measured', ordinal, 'succeeded']),
      ]),
    );
    const { rows, comparisons } = await fleet.operations.reportBenchmark(benchmark.id);
    expect(comparisons).toEqual([]);
    expect(rows.map(({ machineName, kind }) => [machineName, kind])).toEqual([
      ['one', 'simulated'],
      ['two', 'simulated'],
    ]);
    for (const row of rows) {
      const [reported, interval, ttft, wall] = row.statistics;
      // The warm-up was start 1; these are starts 2 and 3.
      expect(reported).toMatchObject({ definition: 'tool.reported', n: 2, min: 102, max: 103, mean: 102.5 });
      expect(reported).toMatchObject({ median: 102.5, deviation: Math.SQRT1_2, source: 'engine' });
      expect(reported?.runIds).toEqual(row.runs.slice(1).map(({ id }) => id));
      for (const figure of [interval, ttft, wall]) expect(figure).toMatchObject({ n: 2, source: 'agent' });
      expect(row.flags).toContain('followed-quietly');
    }
    expect(await startsOf(fleet, 'one')).toBe('xxx');
  });

  test('ends although a run fails; that run is not in the figures', async () => {
    await using fleet = await startFleet('one');
    const parameters = { mode: 'bad-second' };
    const benchmark = await fleet.operations.createBenchmark(
      asked({ parameters, repetitions: 3, warmUps: 0 }),
    );
    const runs = await benchmarkEnd(fleet, benchmark);
    expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'failed', 'succeeded']);
    expect(benchmarkState(runs.map(({ state }) => state))).toBe('partly-failed');
    const [row] = (await fleet.operations.reportBenchmark(benchmark.id)).rows;
    expect(row?.statistics[0]).toMatchObject({ n: 2, min: 101, max: 103 });
    expect(row?.statistics[0]?.runIds).not.toContain(runs[1]?.id);
  });

  test('that is canceled ends: what waits never starts, what runs is stopped', async () => {
    await using fleet = await startFleet('one');
    const slow = encode('console.log("on"); setInterval(() => {}, 1000);');
    await fleet.addBundle('slow', { 'SLOW.JS': slow }, { program: 'node', args: ['SLOW.JS'], keep: [] });
    const benchmark = await fleet.operations.createBenchmark(asked({ bundles: ['slow'] }));
    const [first] = await fleet.store.benchmarks.runs(benchmark.id);
    await fleet.runWhen(first?.id ?? 0, 'running', ({ state }) => state === 'running');
    await fleet.operations.cancelBenchmark(benchmark.id);
    const runs = await benchmarkEnd(fleet, benchmark);
    expect(runs.map(({ state }) => state)).toEqual(['canceled', 'canceled', 'canceled']);
    expect(runs.map(({ startedAtMs }) => startedAtMs !== undefined)).toEqual([true, false, false]);
    await expect(fleet.operations.cancelBenchmark(benchmark.id)).rejects.toMatchObject({
      code: 'ALREADY_ENDED',
    });
    await expect(fleet.operations.cancelBenchmark(99)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(fleet.operations.reportBenchmark(99)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('goes on after a restart of the daemon, no run doubled', async () => {
    await using fleet = await startFleet('one');
    const benchmark = await fleet.operations.createBenchmark(asked({ repetitions: 3, warmUps: 0 }));
    await waitFor('the second run', async () => {
      const [, second] = await fleet.store.benchmarks.runs(benchmark.id);
      return second !== undefined && second.state !== 'queued';
    });
    await fleet.stopDaemon();
    await fleet.startDaemon();
    const runs = await benchmarkEnd(fleet, benchmark);
    expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(await startsOf(fleet, 'one')).toBe('xxx');
    const [row] = (await fleet.operations.reportBenchmark(benchmark.id)).rows;
    expect(row?.statistics[0]).toMatchObject({ n: 3, min: 101, max: 103 });
  });
});
