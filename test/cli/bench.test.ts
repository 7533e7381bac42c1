import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { BenchProgress, remainingSeconds } from '../../src/cli/bench-progress.ts';
import type { Benchmark } from '../../src/contract/benchmarks.ts';
import { waitFor } from '../support/wait-for.ts';
import { cli, fakeDaemon, json, TextOutput, type Asked } from './support.ts';

type Row = Benchmark['rows'][number];
type Run = Row['runs'][number];

const aRun = (id: number, more: Partial<Run> = {}): Run => ({
  id,
  role: 'measured',
  ordinal: id,
  state: 'succeeded',
  counted: true,
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:10.000Z',
  ...more,
});
const waiting = (id: number): Run => ({ id, role: 'measured', ordinal: id, state: 'queued', counted: false });
const running = (id: number): Run => ({ ...waiting(id), state: 'running' });

const aRow = (more: Partial<Row> = {}): Row => ({
  machine: 'p2',
  kind: 'real',
  cpu: 'Pentium II',
  bundle: 'stories@1',
  checkpoint: '260K',
  flags: ['followed-quietly', 'log-cut'],
  statistics: [
    {
      definition: 'tool.reported',
      unit: 'tok/s',
      n: 2,
      mean: 35.93,
      deviation: 0.117,
      source: 'engine',
      clock: 'unknown',
      stepMs: 0,
      cautions: ['clock-unknown'],
    },
    { definition: 'tg.interval', unit: 'tok/s', n: 0, cautions: [] },
    {
      definition: 'ttft',
      unit: 'ms',
      n: 1,
      mean: 110,
      source: 'agent',
      clock: 'GetTick\u001b',
      stepMs: 55,
      cautions: ['coarse-clock'],
    },
    { definition: 'wall', unit: 'ms', n: 0, cautions: [] },
  ],
  runs: [aRun(1), aRun(2), aRun(3, { state: 'failed', counted: false, code: 'RUN_LIMIT', detail: 'x' })],
  ...more,
});

const aBenchmark = (more: Partial<Benchmark> = {}): Benchmark => ({
  id: 3,
  name: 'mine\u001b[2J',
  state: 'done',
  bundles: ['stories@1'],
  parameters: {},
  limits: { limitSeconds: 0, quietSeconds: 0, logMaxBytes: 4096 },
  repetitions: 3,
  warmUps: 0,
  requestedBy: 'api',
  createdAt: '2026-01-01T00:00:00.000Z',
  counts: { succeeded: 2, failed: 1 },
  rows: [aRow()],
  leaderboard: [
    {
      checkpoint: '260K',
      real: [
        {
          machine: 'P-II 350',
          engine: 'llama98.c',
          tokensPerSecond: 35.9,
          tokensPerSecondTo: 39.31,
          definition: 'tool.reported',
          source: 'x',
        },
        { machine: 'p2', tokensPerSecond: 35.93, definition: 'tool.reported', bundle: 'stories@1', n: 2 },
      ],
      emulated: [],
      simulated: [],
    },
    {
      checkpoint: '51K',
      real: [],
      emulated: [],
      simulated: [{ machine: 's', tokensPerSecond: 1, definition: 'tg.interval', n: 1 }],
    },
  ],
  ...more,
});

const bodyOf = (asked: Asked | undefined): unknown => JSON.parse(asked?.body ?? 'null');

describe('bench', () => {
  const words = [
    'bench',
    'stories',
    'other@2',
    '-r',
    '2',
    '--warm-ups',
    '0',
    '-i',
    'Once',
    '-n',
    '8',
    '-t',
    '0',
  ];

  test('asks for it, waits for the end and shows the table', async () => {
    await using daemon = await fakeDaemon(({ method }, response) =>
      json(response, 200, aBenchmark(method === 'POST' ? { state: 'active' } : {})),
    );
    const { exitCode, stdout, stderr } = await cli(
      [...words, '--machines', 'p2', 'dx4', '--deploy', '--name', 'mine'],
      { url: daemon.url },
    );
    expect(exitCode).toBe(0);
    expect(bodyOf(daemon.asked[0])).toEqual({
      name: 'mine',
      bundles: ['stories', 'other@2'],
      machines: { names: ['p2', 'dx4'] },
      parameters: { prompt: 'Once', steps: 8, temperature: 0 },
      limits: {},
      repetitions: 2,
      warmUps: 0,
      deploy: true,
    });
    expect(stderr).toContain('3 of 3 runs ended, 1 not well');
    expect(stdout).toContain('benchmark 3 (mine␛[2J) done\n');
    expect(stdout).toMatch(
      /^p2 +real +stories@1 +2 of 3 +35\.9 ± 0\.1 +- +110 +- +coarse-clock: ttft; log-cut; RUN_LIMIT$/m,
    );
    expect(stdout).toContain('tool.reported: by the engine’s clock (unknown, step not known)\n');
    expect(stdout).toContain('ttft: by the agent’s clock (GetTick␛, step 55 ms)\n');
    expect(stdout).toContain('Models of 260K on real machines:\n');
    expect(stdout).toMatch(/^P-II 350 .* 35\.9-39\.31 +tool\.reported +x$/m);
    expect(stdout).toMatch(/^p2 .* 35\.9 +tool\.reported +this benchmark, n = 2$/m);
    expect(stdout).toContain('Nobody published a result for a model of 51K parameters.\n');
  });

  test.each([
    ['partly-failed', 1],
    ['failed', 1],
    ['canceled', 1],
  ] as const)('that ends %s exits with %d', async (state, exitCode) => {
    await using daemon = await fakeDaemon((_asked, response) => json(response, 202, aBenchmark({ state })));
    expect((await cli([...words, '--all'], { url: daemon.url })).exitCode).toBe(exitCode);
  });

  test('detached says how to look again', async () => {
    await using daemon = await fakeDaemon((_asked, response) =>
      json(response, 202, aBenchmark({ state: 'queued' })),
    );
    const { exitCode, stdout } = await cli([...words, '--all', '--detach'], { url: daemon.url });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('fleet98 bench show 3');
    expect(daemon.asked).toHaveLength(1);
  });

  test.each([
    ['csv', 'a,b\nc\u001b,d\n', 'a,b\nc␛,d\n'],
    ['md', '# x\n', '# x\n'],
  ])('show --format %s is the daemon’s, harmless', async (format, text, shown) => {
    await using daemon = await fakeDaemon(({ path }, response) => {
      if (path.includes('/results')) response.writeHead(200).end(text);
      else json(response, 200, aBenchmark());
    });
    const { stdout } = await cli(['bench', 'show', '3', '--format', format], { url: daemon.url });
    expect(stdout).toBe(shown);
    expect(daemon.asked.at(-1)?.path).toBe(`/api/v1/benchmarks/3/results?format=${format}`);
  });

  test.each([['--format', 'json'], ['--json']])('show %s is the benchmark itself', async (...asJson) => {
    await using daemon = await fakeDaemon((_asked, response) => json(response, 200, aBenchmark()));
    const { stdout } = await cli(['bench', 'show', '3', ...asJson], { url: daemon.url });
    expect(JSON.parse(stdout)).toEqual(aBenchmark());
  });

  test('list and cancel', async () => {
    await using daemon = await fakeDaemon(({ method }, response) =>
      json(response, 200, method === 'POST' ? aBenchmark({ state: 'canceled' }) : { items: [aBenchmark()] }),
    );
    const listed = await cli(['bench', 'list'], { url: daemon.url });
    expect(listed.stdout).toMatch(/^ +3 +mine␛\[2J +done +stories@1 +3 +2026-01-01 00:00:00 UTC$/m);
    const canceled = await cli(['bench', 'cancel', '3'], { url: daemon.url });
    expect(canceled).toMatchObject({ exitCode: 0, stdout: 'benchmark 3 (mine␛[2J) canceled\n' });
    expect(daemon.asked.at(-1)).toMatchObject({ method: 'POST', path: '/api/v1/benchmarks/3/cancel' });
  });

  test.each([
    [['bench', '--all']],
    [['bench', 'stories']],
    [['bench', 'stories', '--all', '--format', 'sql']],
    [['bench', 'show', 'x']],
  ])('2 for %j', async (argv) => {
    expect((await cli(argv, { url: 'http://127.0.0.1:1' })).exitCode).toBe(2);
  });

  test('on Ctrl-C says that it goes on, and how to look again', { timeout: 60_000 }, async () => {
    let looks = 0;
    await using daemon = await fakeDaemon(({ method }, response) => {
      if (method === 'GET') looks += 1;
      json(response, 200, aBenchmark({ state: 'active' }));
    });
    const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...words, '--all'], {
      env: { ...process.env, FLEET98_URL: daemon.url },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const closed = once(child, 'close');
    await waitFor('a look at the benchmark', () => looks > 0);
    child.kill('SIGINT');
    expect((await closed)[0]).toBe(1);
    expect(stderr).toContain('Benchmark 3 goes on. Look again: fleet98 bench show 3');
    expect(daemon.asked.filter(({ path }) => path.endsWith('/cancel'))).toEqual([]);
  });
});

const none = (): number => 0;

describe('how long it still takes', () => {
  test('is not told before a run has ended', () => {
    const rows = [aRow({ runs: [running(1), waiting(2)] })];
    expect(remainingSeconds(aBenchmark({ rows }), none)).toBeUndefined();
  });

  test('is what is left of the slowest machine, by what its own runs took', () => {
    const slow = (id: number): Run => aRun(id, { endedAt: '2026-01-01T00:01:40.000Z' });
    const rows = [
      aRow({ runs: [aRun(1), waiting(2), waiting(3)] }),
      aRow({ machine: 'dx4', runs: [slow(4), running(5), waiting(6)] }),
    ];
    expect(remainingSeconds(aBenchmark({ rows }), none)).toBe(200);
    expect(remainingSeconds(aBenchmark({ rows }), () => 30_000)).toBe(170);
    expect(remainingSeconds(aBenchmark({ rows }), () => 999_000)).toBe(100);
  });

  test('of a machine without an ended run is taken from the others', () => {
    const rows = [aRow({ runs: [aRun(1)] }), aRow({ machine: 'dx4', runs: [running(4), waiting(5)] })];
    expect(remainingSeconds(aBenchmark({ rows }), none)).toBe(20);
  });
});

describe('progress', () => {
  const rows = [aRow({ runs: [aRun(1), running(2), waiting(3)] })];
  const active = aBenchmark({ state: 'active', rows });

  test('on a terminal is one line that is redrawn and fits', () => {
    const output = new TextOutput({ isTTY: true, columns: 40 });
    const progress = new BenchProgress(output);
    progress.show(active, 0);
    progress.show(active, 1000);
    expect(output.text).toBe(
      '\u001b[J1 of 3 runs ended; now p2 run 2 (measur\n\u001b[1A\u001b[J1 of 3 runs ended; now p2 run 2 (measur\n',
    );
  });

  test('elsewhere is a line now and then, and one at the end', () => {
    const output = new TextOutput();
    const progress = new BenchProgress(output);
    for (const atMs of [0, 5000, 10_000]) progress.show(active, atMs);
    progress.show(aBenchmark(), 11_000);
    expect(output.text.split('\n')).toEqual([
      '1 of 3 runs ended; now p2 run 2 (measured 2 of 3); about 20 s left',
      '1 of 3 runs ended; now p2 run 2 (measured 2 of 3); about 10 s left',
      '3 of 3 runs ended, 1 not well',
      '',
    ]);
  });
});
