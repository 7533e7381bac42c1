import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Benchmark, BenchmarkPage, BenchmarkResult } from '../../src/contract/benchmarks.ts';
import type { PublishedResult } from '../../src/domain/leaderboard.ts';
import type { Figure } from '../../src/domain/timing.ts';
import { benchmarkReport } from '../../src/operations/benchmark-report.ts';
import { quickSettings } from '../support/test-fleet.ts';
import { addBundle, addMachine, openTestApi, type TestApi } from './support.ts';

const published: PublishedResult = {
  machine: 'P-II | 350',
  engine: 'llama98.c',
  checkpoint: '260K',
  kind: 'real',
  tokensPerSecond: 35.9,
  tokensPerSecondTo: 39.31,
  definition: 'tool.reported',
  source: 'https://example.org/',
};

let api: TestApi;
beforeAll(async () => {
  const settings = { ...quickSettings, leaderboard: [published] };
  api = await openTestApi({
    replace: (_, store) => ({ reportBenchmark: (id) => benchmarkReport({ store, settings }, id) }),
  });
  for (const name of ['demo', 'demo2', 'demo3']) await addBundle(api, name);
  await addMachine(api, 'alpha');
  await addMachine(api, 'beta');
});
afterAll(() => api.close());

const post = (url: string, payload: object = {}) =>
  api.app.inject({ method: 'POST', url: `/api/v1${url}`, payload });
const get = (url: string) => api.app.inject(`/api/v1${url}`);

const asked = { bundles: ['demo'], machines: { names: ['alpha'] }, deploy: true };

const figure = (value: number, source: 'engine' | 'agent', clock: string): Figure => ({
  value,
  source,
  clock,
  stepMs: source === 'engine' ? 0 : 55,
});

/** Ends the runs of a benchmark, oldest first: well with this rate, or badly without one. */
async function endRuns(id: number, rates: readonly (number | undefined)[], clock = 'ticks'): Promise<void> {
  const runs = await api.store.benchmarks.runs(id);
  for (const [index, rate] of rates.entries()) {
    const runId = runs[index]?.id ?? 0;
    await api.store.runs.move(runId, 'start', {}, 'take', 1000);
    await api.store.runs.move(runId, 'ended', {}, undefined, 2000);
    const failed = { code: 'ENGINE_FAILED', detail: 'exit code 3' };
    const timing = rate === undefined ? {} : { reportedTokensPerSecond: figure(rate, 'engine', clock) };
    const event = rate === undefined ? 'fail' : 'succeed';
    await api.store.runs.move(
      runId,
      event,
      rate === undefined ? failed : { timing, tokens: 10 },
      undefined,
      3000,
    );
  }
}

describe('a benchmark', () => {
  test('is made with all of its runs, five after one to warm up unless said otherwise', async () => {
    const made = await post('/benchmarks', { ...asked, name: 'first' });
    expect(made.statusCode).toBe(202);
    const benchmark = made.json<Benchmark>();
    expect(made.headers['location']).toBe(`/api/v1/benchmarks/${benchmark.id}`);
    expect(benchmark).toMatchObject({
      name: 'first',
      state: 'queued',
      bundles: ['demo@1'],
      repetitions: 5,
      warmUps: 1,
      counts: { queued: 6 },
      rows: [{ machine: 'alpha', kind: 'real', bundle: 'demo@1' }],
      leaderboard: [],
    });
    expect(benchmark.rows[0]?.runs.map(({ role, ordinal, counted }) => [role, ordinal, counted])).toEqual([
      ['warm-up', 1, false],
      ...[1, 2, 3, 4, 5].map((ordinal) => ['measured', ordinal, false]),
    ]);
    expect((await get(`/benchmarks/${benchmark.id}`)).json()).toEqual(benchmark);
    const run = (await get(`/runs/${benchmark.rows[0]?.runs[0]?.id}`)).json();
    expect(run).toMatchObject({ flags: ['followed-quietly'], state: 'queued' });
  });

  test('is listed by machine and bundle, newest first', async () => {
    const { id } = (await post('/benchmarks', { ...asked, machines: { names: ['beta'] } })).json<Benchmark>();
    const page = (await get('/benchmarks?machine=beta&bundle=demo')).json<BenchmarkPage>();
    expect(page.items.map((item) => item.id)).toEqual([id]);
    expect(page.items[0]).toMatchObject({ state: 'queued', counts: { queued: 6 }, bundles: ['demo@1'] });
    expect((await get('/benchmarks?limit=1')).json<BenchmarkPage>().next).toBeDefined();
  });

  test('is canceled once', async () => {
    const { id } = (await post('/benchmarks', asked)).json<Benchmark>();
    const canceled = await post(`/benchmarks/${id}/cancel`);
    expect(canceled.statusCode).toBe(202);
    expect(canceled.json()).toMatchObject({ state: 'canceled', counts: { canceled: 6 } });
    const again = await post(`/benchmarks/${id}/cancel`);
    expect([again.statusCode, again.json().code]).toEqual([409, 'ALREADY_ENDED']);
    expect((await get('/benchmarks/999')).json()).toMatchObject({ code: 'NOT_FOUND' });
    expect((await post('/benchmarks/999/cancel')).json()).toMatchObject({ code: 'NOT_FOUND' });
    expect((await get('/benchmarks/999/results')).json()).toMatchObject({ code: 'NOT_FOUND' });
  });

  const bundles = ['demo', 'demo2', 'demo3'];
  test.each<[string, object, number, string]>([
    ['no bundle', { bundles: [] }, 400, 'INVALID_REQUEST'],
    ['a field that does not exist', { bundle: 'demo' }, 400, 'INVALID_REQUEST'],
    ['no repetition', { repetitions: 0 }, 400, 'INVALID_REQUEST'],
    ['a name that moves the cursor', { name: '\u001b[2J' }, 400, 'INVALID_REQUEST'],
    [
      'more runs than can be saved at once',
      { repetitions: 1000, bundles, machines: 'all' },
      400,
      'INVALID_REQUEST',
    ],
    ['a bundle that is not there', { bundles: ['demo', 'ghost'] }, 404, 'NOT_FOUND'],
    ['a machine that is not there', { machines: { names: ['ghost'] } }, 404, 'NOT_FOUND'],
    ['a bundle that is not deployed', { deploy: false }, 409, 'NOT_DEPLOYED'],
    ['a parameter that is not known', { parameters: { speed: 1 } }, 422, 'PARAMETER_UNKNOWN'],
  ])('of %s', async (_, more, status, code) => {
    const before = (await get('/benchmarks')).json<BenchmarkPage>().items.length;
    const refused = await post('/benchmarks', { ...asked, ...more });
    expect([refused.statusCode, refused.json().code ?? '']).toEqual([status, code]);
    expect((await get('/benchmarks')).json<BenchmarkPage>().items).toHaveLength(before);
  });
});

describe('results', () => {
  let id = 0;
  beforeAll(async () => {
    const machines = { names: ['alpha', 'beta'] };
    const body = { ...asked, machines, name: '=1+1', repetitions: 3 };
    id = (await post('/benchmarks', body)).json<Benchmark>().id;
    // Of alpha: a warm-up, then good, good, bad. Of beta: nothing yet.
    await endRuns(id, [999, 35.912_345, 36.012_345, undefined], '@SUM(A1)|<b>\u001b[2J');
  });
  const read = async (format: string) => get(`/benchmarks/${id}/results?format=${format}`);

  test('as JSON have every definition for every machine, not rounded, with the runs behind them', async () => {
    const results = (await read('json')).json<BenchmarkResult[]>();
    expect(results).toHaveLength(8);
    const [reported] = results;
    expect(reported).toMatchObject({
      benchmark: id,
      machine: 'alpha',
      kind: 'real',
      bundle: 'demo@1',
      definition: 'tool.reported',
      unit: 'tok/s',
      n: 2,
      min: 35.912_345,
      max: 36.012_345,
      source: 'engine',
      stepMs: 0,
      cautions: ['clock-unknown'],
      flags: ['followed-quietly'],
    });
    expect(reported?.mean).toBeCloseTo(35.962_345, 9);
    expect(reported?.deviation).toBeCloseTo(0.1 / Math.SQRT2, 9);
    const ids = (await api.store.benchmarks.runs(id)).map((run) => run.id);
    expect(reported).toMatchObject({
      warmUps: [ids[0]],
      runs: [ids[1], ids[2]],
      failed: [ids[3]],
      waiting: [],
    });
    const beta = results.filter(({ machine }) => machine === 'beta');
    expect(beta.map(({ n, waiting, mean }) => [n, waiting.length, mean])).toEqual(
      Array.from({ length: 4 }, () => [0, 3, undefined]),
    );
    expect((await get(`/benchmarks/${id}/results`)).json()).toEqual(results);
  });

  test('as JSONL are the same', async () => {
    const answer = await read('jsonl');
    expect(answer.headers).toMatchObject({
      'content-type': 'application/jsonl; charset=utf-8',
      'content-disposition': expect.stringContaining(`benchmark-${id}.jsonl`),
      'x-content-type-options': 'nosniff',
    });
    const lines = answer.body.trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual((await read('json')).json());
  });

  test('as CSV are the same, and nothing in them is a formula', async () => {
    const answer = await read('csv');
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    const rows: Record<string, string>[] = parse(answer.body, { columns: true });
    const results = (await read('json')).json<BenchmarkResult[]>();
    expect(rows).toHaveLength(results.length);
    expect(rows[0]).toMatchObject({
      name: "'=1+1",
      clock: expect.stringMatching(/^'@SUM/),
      mean: String(results[0]?.mean),
      deviation: String(results[0]?.deviation),
      runs: results[0]?.runs.join(' '),
    });
    for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
  });

  test('as Markdown are rounded for people, harmless, and say what does not count', async () => {
    const { body, headers } = await read('md');
    expect(headers['content-type']).toBe('text/markdown; charset=utf-8');
    expect(body).toContain('| 36.0 ± 0.1 |');
    expect(body).toMatch(/\| alpha \| demo@1 \| measured \| failed \| ENGINE\\_FAILED: exit code 3 \|/);
    expect(body).toMatch(/\| alpha \| demo@1 \| warm-up \| succeeded \|/);
    // oxlint-disable-next-line no-control-regex
    expect(body).not.toMatch(/<b>|\u001b/);
    for (const line of body.split('\n').filter((text) => text.startsWith('| alpha')))
      expect(line).not.toMatch(/[^\\]\|<|SUM\(A1\)\|/);
  });

  test('in another format are refused', async () => {
    expect((await read('sql')).statusCode).toBe(400);
  });
});

test('a model of a published size is set among the published results', async () => {
  const { artifact } = await api.operations.receiveArtifact(
    'model.bin',
    (async function* () {
      await Promise.resolve();
      yield modelHead();
    })(),
    undefined,
  );
  expect(artifact.kind).toBe('checkpoint');
  const files = [{ name: 'MODEL.BIN', sha256: artifact.sha256 }];
  const command = { exe: 'MODEL.BIN', args: [], keep: [] };
  await api.operations.createBundle({ name: 'stories', files, command, engine: 'auto' });
  const body = { ...asked, bundles: ['stories'], repetitions: 1, warmUps: 0 };
  const { id } = (await post('/benchmarks', body)).json<Benchmark>();
  await endRuns(id, [20]);
  const { leaderboard, rows } = (await get(`/benchmarks/${id}`)).json<Benchmark>();
  expect(rows[0]?.checkpoint).toBe('260K');
  expect(leaderboard).toMatchObject([
    {
      checkpoint: '260K',
      real: [{ machine: 'P-II | 350' }, { machine: 'alpha', n: 1, bundle: 'stories@1' }],
    },
  ]);
  const page = (await get(`/benchmarks/${id}/results?format=md`)).body;
  expect(page).toContain('## Models of 260K: real machines');
  expect(page).toMatch(/\| P-II \\\| 350 \|.*\| 35\.9-39\.31 \|/);
  expect(page).toMatch(/\| alpha \|.*\| 20\.0 \| tool\.reported \| this benchmark, n = 1 \|/);
});

/** A whole file in the shape of stories260K, all weights zero. */
function modelHead(): Uint8Array {
  const bytes = Buffer.alloc(1_056_540);
  [64, 172, 5, 8, 4, 512, 512].forEach((value, index) => bytes.writeInt32LE(value, 4 * index));
  return bytes;
}
