import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  addBundle,
  addMachine,
  addRun,
  eventually,
  listen,
  logOf,
  openTestApi,
  type TestApi,
} from './support.ts';
import { SseClient } from './sse-client.ts';

let api: TestApi;
beforeEach(async () => {
  api = await openTestApi();
});
afterEach(() => api.close());

/** The value of one series; undefined: it is not there. */
async function figure(series: string): Promise<number | undefined> {
  const { body } = await api.app.inject('/metrics');
  const line = body.split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}

test('the page is in Prometheus’ text format', async () => {
  const answer = await api.app.inject('/metrics');
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const line of answer.body.split('\n').filter((text) => text !== '')) {
    expect(line).toMatch(/^(# (HELP|TYPE) .+|[a-z_][a-z0-9_]*(\{.*\})? (-?[0-9.e+-]+|NaN|\+Inf))$/);
  }
  expect(answer.body).toContain('process_resident_memory_bytes');
  expect(answer.body).toContain('fleet98_store_bytes');
});

test('machines, lanes, runs and targets are counted by state', async () => {
  const alpha = await addMachine(api, 'alpha');
  await addMachine(api, 'beta', 'new');
  const bundle = await addBundle(api, 'demo');
  const run = await addRun(api, alpha, bundle);
  expect(await figure('fleet98_machines{state="ready",health="unknown"}')).toBe(1);
  expect(await figure('fleet98_machines{state="new",health="unknown"}')).toBe(1);
  expect(await figure('fleet98_runs_open{state="queued"}')).toBe(1);
  const body = { bundle: 'demo', machines: { names: ['alpha'] } };
  await api.app.inject({ method: 'POST', url: '/api/v1/deploy', payload: body });
  expect(await figure('fleet98_targets_open{state="queued"}')).toBe(1);

  await api.store.runs.move(run.id, 'start', { jobId: '0000ABCD', jobToken: 'x' }, 'take', 1);
  expect(await figure('fleet98_lanes_busy{kind="run"}')).toBe(1);
  expect(await figure('fleet98_runs_open{state="queued"}')).toBeUndefined();

  const other = await addRun(api, alpha, bundle);
  await api.app.inject({ method: 'POST', url: `/api/v1/runs/${other.id}/cancel`, payload: {} });
  expect(await figure('fleet98_runs_ended_total{state="canceled"}')).toBe(1);
});

test('requests are counted by the pattern of their route, whatever the address', async () => {
  for (const name of ['a', 'b', 'c']) await api.app.inject(`/api/v1/machines/${name}`);
  await api.app.inject('/nothing/at/all');
  const series = 'fleet98_http_request_duration_seconds_count';
  expect(await figure(`${series}{method="GET",route="/api/v1/machines/:name",status="404"}`)).toBe(3);
  expect(await figure(`${series}{method="GET",route="none",status="404"}`)).toBe(1);
});

test('log bytes and commits are counted', async () => {
  const machine = await addMachine(api, 'alpha');
  const run = await addRun(api, machine, await addBundle(api, 'demo'));
  const log = logOf(['one', 'two']);
  await api.store.runLogs.append(run.id, 0, log);
  expect(await figure('fleet98_log_bytes_total')).toBe(log.length);
  expect(await figure('fleet98_log_commit_seconds_count')).toBe(1);
  expect(await figure('fleet98_store_commit_seconds_count')).toBeGreaterThan(0);
});

const tell = (state: 'preflight' | 'transferring' | 'waiting' | 'done', bytesSent: number) =>
  api.operations.events.publish({
    type: 'target',
    deploymentId: 1,
    machine: 'a',
    state,
    bytesSent,
    bytesTotal: 900,
  });

test('bytes sent are counted once, also when a target is taken up again', async () => {
  tell('preflight', 100);
  tell('transferring', 400);
  tell('waiting', 400);
  tell('transferring', 900);
  tell('done', 900);
  expect(await figure('fleet98_sent_bytes_total')).toBe(800);
  expect(await figure('fleet98_targets_ended_total{state="done"}')).toBe(1);
});

test('clients that follow events are counted while they do', async () => {
  const { url } = await listen(api.app);
  expect(await figure('fleet98_event_streams')).toBe(0);
  const client = new SseClient(`${url}/api/v1/events`);
  await eventually(async () => (await figure('fleet98_event_streams')) === 1);
  client.close();
  await eventually(async () => (await figure('fleet98_event_streams')) === 0);
});

test('no figure has the name of a machine', async () => {
  await addMachine(api, 'attic-pentium');
  await api.app.inject('/api/v1/machines/attic-pentium');
  expect((await api.app.inject('/metrics')).body).not.toContain('attic');
});
