import { describe, expect, test } from 'vitest';
import type { BenchmarkRole } from '../../src/domain/benchmark.ts';
import type { PublishedResult } from '../../src/domain/leaderboard.ts';
import type { Machine } from '../../src/domain/machine.ts';
import type { Timing } from '../../src/domain/timing.ts';
import { benchmarkReport } from '../../src/operations/benchmark-report.ts';
import type { Store } from '../../src/store/open-store.ts';
import { quickSettings } from '../support/test-fleet.ts';
import { newBundle, newMachine, newRun, temporaryStore } from '../store/fixtures.ts';

const published = (
  machine: string,
  checkpoint: string,
  tokensPerSecond: number,
  kind: 'real' | 'emulated',
): PublishedResult => ({
  machine,
  checkpoint,
  tokensPerSecond,
  kind,
  engine: 'llama98.c',
  definition: 'tool.reported',
  source: 'x',
});
const settings = {
  ...quickSettings,
  leaderboard: [
    published('P-II', '260K', 39.31, 'real'),
    published('486', '260K', 2.08, 'real'),
    published('86Box', '260K', 30, 'emulated'),
    published('P-III', '15M', 2.35, 'real'),
  ],
};

const rates = (reported: number | undefined, interval: number): Timing => ({
  intervalTokensPerSecond: { value: interval, source: 'agent', clock: 'ticks', stepMs: 1 },
  ...(reported !== undefined && {
    reportedTokensPerSecond: { value: reported, source: 'engine', clock: 'unknown', stepMs: 0 },
  }),
});

/** A store with a bundle whose model has so many parameters. */
async function storeWithModel(parameters: number): Promise<Store> {
  const store = await temporaryStore();
  const sha256 = 'c'.repeat(64);
  await store.artifacts.insert({
    sha256,
    sizeBytes: 9,
    crc32: '00000001',
    filename: 'model.bin',
    kind: 'checkpoint',
    facts: { parameters },
    createdAtMs: 1,
  });
  const files = [{ name: 'MODEL.BIN', sha256, sizeBytes: 9, crc32: '00000001' }];
  await store.bundles.create(newBundle('story', 'a'.repeat(64), { files }));
  return store;
}

async function addMachine(store: Store, name: string, more: object = {}): Promise<Machine> {
  return store.machines.create(newMachine(name, more));
}

interface Given {
  readonly machine: Machine;
  readonly timing: Timing;
  readonly simulated?: boolean;
  readonly role?: BenchmarkRole;
}

/** A benchmark whose runs have ended with these figures. */
async function benchmarkOf(store: Store, given: readonly Given[]): Promise<number> {
  const bundle = await store.bundles.find('story');
  if (!bundle) throw new Error('there is no bundle');
  const { benchmark, runs } = await store.benchmarks.create({
    parameters: {},
    limits: { limitSeconds: 0, quietSeconds: 0, logMaxBytes: 4096 },
    repetitions: 1,
    warmUps: 0,
    requestedBy: 'test',
    atMs: 1,
    runs: given.map(({ machine, simulated = false, role = 'measured' }) => {
      return { role, ordinal: 1, run: { ...newRun(machine, bundle), simulated } };
    }),
    deployments: [],
  });
  for (const [index, { id }] of runs.entries()) {
    const key = { jobId: `0000000${index}`, jobToken: `${index}`.repeat(16) };
    await store.runs.move(id, 'start', key, 'take', 2);
    await store.runs.move(id, 'ended', {}, undefined, 3);
    const timing = given[index]?.timing ?? {};
    await store.runs.move(id, 'succeed', { timing, tokens: 10, engine: 'llama98' }, undefined, 4);
  }
  return benchmark.id;
}

const report = (store: Store, id: number) => benchmarkReport({ store, settings }, id);

describe('a machine among the published ones', () => {
  test('stands with those of its kind and of the same size of model, the fastest first', async () => {
    const store = await storeWithModel(260_032);
    const real = await addMachine(store, 'mine');
    const box = await addMachine(store, 'box', { labels: { kind: 'emulated' } });
    const simulated = await addMachine(store, 'sim');
    const id = await benchmarkOf(store, [
      { machine: real, timing: rates(20, 25) },
      { machine: box, timing: rates(31, 35) },
      { machine: simulated, timing: rates(500, 600), simulated: true },
    ]);
    const { rows, comparisons } = await report(store, id);
    expect(rows.map(({ machineName, kind, checkpoint }) => [machineName, kind, checkpoint])).toEqual([
      ['mine', 'real', '260K'],
      ['box', 'emulated', '260K'],
      ['sim', 'simulated', '260K'],
    ]);
    const names = (kind: 'real' | 'emulated' | 'simulated') =>
      comparisons[0]?.groups[kind].map(({ machine, tokensPerSecond }) => [machine, tokensPerSecond]);
    expect(comparisons.map(({ checkpoint }) => checkpoint)).toEqual(['260K']);
    expect(names('real')).toEqual([
      ['P-II', 39.31],
      ['mine', 20],
      ['486', 2.08],
    ]);
    expect(names('emulated')).toEqual([
      ['box', 31],
      ['86Box', 30],
    ]);
    expect(names('simulated')).toEqual([['sim', 500]]);
    expect(comparisons[0]?.groups.real[1]).toEqual({
      machine: 'mine',
      engine: 'llama98',
      kind: 'real',
      tokensPerSecond: 20,
      definition: 'tool.reported',
      bundle: 'story@1',
      n: 1,
    });
  });

  test('whose engine reports nothing stands there by its token times, and says so', async () => {
    const store = await storeWithModel(260_032);
    const id = await benchmarkOf(store, [
      { machine: await addMachine(store, 'mine'), timing: rates(undefined, 25) },
    ]);
    const [comparison] = (await report(store, id)).comparisons;
    expect(comparison?.groups.real[1]).toMatchObject({ machine: 'mine', definition: 'tg.interval' });
  });

  test('is alone with a model of a size that nobody published', async () => {
    const store = await storeWithModel(51_360);
    const id = await benchmarkOf(store, [
      { machine: await addMachine(store, 'mine'), timing: rates(20, 25) },
    ]);
    const { comparisons } = await report(store, id);
    expect(comparisons).toMatchObject([{ checkpoint: '51K', groups: { emulated: [], simulated: [] } }]);
    expect(comparisons[0]?.groups.real).toHaveLength(1);
  });

  test('is not there as long as no run of it counts', async () => {
    const store = await storeWithModel(260_032);
    const machine = await addMachine(store, 'mine');
    const id = await benchmarkOf(store, [{ machine, timing: rates(20, 25), role: 'warm-up' }]);
    const [comparison] = (await report(store, id)).comparisons;
    expect(comparison?.groups.real.map((result) => result.machine)).toEqual(['P-II', '486']);
  });
});
