import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sseDefaults } from '../../src/api/sse-hub.ts';
import type { Run } from '../../src/domain/run.ts';
import type { RunFeedItem } from '../../src/operations/operations.ts';
import { SseClient as Client } from './sse-client.ts';
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

const pieces = Array.from({ length: 200 }, (_unused, at) => `word-${at} ”\n\r\u2028`);
/** A run's feed as the operations give it: pieces with an offset each, in two halves with a pause between. */
async function* feedOf(run: Run, fromOffset: number, signal: AbortSignal): AsyncGenerator<RunFeedItem> {
  yield { kind: 'state', state: 'running' };
  for (const [at, text] of pieces.entries()) {
    const offset = (at + 1) * 10;
    if (offset > fromOffset) yield { kind: 'token', offset, atMs: at, text };
    if (at === 99) await new Promise((resolve) => setTimeout(resolve, 20));
    if (signal.aborted) return;
  }
  yield { kind: 'end', run: { ...run, state: 'succeeded', text: 'not repeated' } };
}

const tokens = (client: Client) => client.events.filter(({ event }) => event === 'token');

describe('events of a run', () => {
  let api: TestApi;
  let url: string;
  let run: Run;
  let followed: AbortSignal[] = [];
  const clients: Client[] = [];
  const follow = (lastEventId?: string): Client => {
    const client = new Client(`${url}/api/v1/runs/${run.id}/events`, lastEventId);
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    api = await openTestApi({
      replace: (_real, store) => ({
        followRun: async function* (id, fromOffset, signal) {
          followed.push(signal);
          const found = await store.runs.get(id);
          if (!found) throw new Error('no run');
          if (fromOffset === 777) throw new Error('the feed breaks');
          if (fromOffset === 888) {
            yield { kind: 'state', state: 'running' };
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
            return;
          }
          yield* feedOf(found, fromOffset, signal);
        },
      }),
    });
    ({ url } = await listen(api.app));
    run = await addRun(api, await addMachine(api, 'alpha'), await addBundle(api, 'demo'));
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    followed = [];
  });
  afterAll(() => api.close());

  test('are a state, every token with the log offset as id, and an end that closes', async () => {
    const client = follow();
    await eventually(() => client.isClosed);
    expect(client.text.startsWith(':ok\n\n')).toBe(true);
    expect(client.events[0]).toEqual({ event: 'state', data: { state: 'running' } });
    expect(tokens(client)).toEqual(
      pieces.map((text, at) => ({
        id: String((at + 1) * 10),
        event: 'token',
        data: { offset: (at + 1) * 10, atMs: at, text },
      })),
    );
    expect(client.events.at(-1)).toMatchObject({
      event: 'end',
      data: { id: run.id, state: 'succeeded', machine: 'alpha' },
    });
    expect(client.text).not.toContain('not repeated');
  });

  test('cut anywhere go on with Last-Event-ID, nothing lost and nothing twice', async () => {
    for (const cutAfter of [1, 37, 99, 100, 199]) {
      const before = follow();
      await eventually(() => tokens(before).length >= cutAfter);
      before.close();
      const seen = tokens(before);
      const after = follow(seen.at(-1)?.id);
      await eventually(() => after.isClosed);
      expect([...seen, ...tokens(after)].map(({ data }) => data)).toEqual(
        pieces.map((text, at) => ({ offset: (at + 1) * 10, atMs: at, text })),
      );
    }
  });

  test('end for the operations when the client goes', async () => {
    const client = follow('888');
    await eventually(() => client.events.length === 1);
    client.close();
    await eventually(() => followed[0]?.aborted === true);
    expect(followed).toHaveLength(1);
  });

  test('that break inside the daemon close the stream and are logged', async () => {
    const client = follow('777');
    await eventually(() => client.isClosed);
    expect(client.events).toEqual([]);
    expect(api.logged.join('')).toContain('the feed breaks');
  });

  test.each(['abc', '-1', '1e3', '5, 6'])('with the Last-Event-ID %j are refused', async (lastEventId) => {
    const answer = await fetch(`${url}/api/v1/runs/${run.id}/events`, {
      headers: { 'last-event-id': lastEventId },
    });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    ]);
  });

  test('of no run are NOT_FOUND', async () => {
    const answer = await fetch(`${url}/api/v1/runs/999/events`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      404,
      expect.stringContaining('problem+json'),
    ]);
  });

  test('carry the headers of a stream', async () => {
    const stop = new AbortController();
    const answer = await fetch(`${url}/api/v1/runs/${run.id}/events`, {
      signal: stop.signal,
      headers: { 'last-event-id': '888' },
    });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    stop.abort();
  });
});

test('a real run is followed from its log, cut and taken up again, until it ends', async () => {
  const api = await openTestApi();
  const { url } = await listen(api.app);
  const run = await addRun(api, await addMachine(api, 'alpha'), await addBundle(api, 'demo'));
  const path = `${url}/api/v1/runs/${run.id}/events`;
  const log = logOf(['Once ', 'upon ', 'a ', 'time\n']);
  await api.store.runs.move(run.id, 'start', {}, 'take', 6000);
  await api.store.runs.move(run.id, 'claimed', {}, undefined, 7000);
  const store = async (from: number, to: number): Promise<void> => {
    await api.store.runLogs.append(run.id, from, log.subarray(from, to));
    api.operations.events.publish({ type: 'log', runId: run.id, endOffset: to });
  };

  await store(0, 100);
  const first = new Client(path);
  await eventually(() => first.told.startsWith('Once'));
  const lastId = tokens(first).at(-1)?.id;
  const begun = first.told;
  first.close();
  const second = new Client(path, lastId);
  await store(100, log.length);
  await api.store.runs.move(run.id, 'ended', {}, undefined, 8000);
  await api.store.runs.move(run.id, 'succeed', {}, undefined, 9000);
  api.operations.events.publish({ type: 'run', runId: run.id, machine: 'alpha', state: 'succeeded' });
  await eventually(() => second.isClosed);
  expect(begun + second.told).toBe('Once upon a time\n');
  expect(second.events.at(-1)).toMatchObject({ event: 'end', data: { state: 'succeeded' } });
  await api.close();
});

describe('events of the fleet', () => {
  let api: TestApi;
  let url: string;
  const clients: Client[] = [];
  const follow = (lastEventId?: string): Client => {
    const client = new Client(`${url}/api/v1/events`, lastEventId);
    clients.push(client);
    return client;
  };
  const log = (endOffset: number): void =>
    api.operations.events.publish({ type: 'log', runId: 1, endOffset });

  beforeAll(async () => {
    api = await openTestApi();
    ({ url } = await listen(api.app));
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(() => api.close());

  test('reach every listener, named, numbered and in order', async () => {
    const two = [follow(), follow()];
    await eventually(() => two.every((client) => client.text === ':ok\n\n'));
    const { events } = api.operations;
    events.publish({ type: 'machine', machine: 'alpha', state: 'ready', health: 'late' });
    events.publish({
      type: 'target',
      deploymentId: 3,
      machine: 'alpha',
      state: 'transferring',
      bytesSent: 1,
      bytesTotal: 2,
      etaSeconds: 4,
    });
    events.publish({
      type: 'run',
      runId: 4,
      machine: 'alpha',
      state: 'failed',
      code: 'ENGINE_FAILED',
      detail: 'why',
    });
    events.publish({ type: 'log', runId: 4, endOffset: 99 });
    for (const client of two) {
      await eventually(() => client.events.length === 4);
      expect(client.events.map(({ event, data }) => [event, data])).toEqual([
        ['machine', { machine: 'alpha', state: 'ready', health: 'late' }],
        [
          'target',
          {
            deployment: 3,
            machine: 'alpha',
            state: 'transferring',
            bytesSent: 1,
            bytesTotal: 2,
            etaSeconds: 4,
          },
        ],
        ['run', { run: 4, machine: 'alpha', state: 'failed', code: 'ENGINE_FAILED', detail: 'why' }],
        ['log', { run: 4, endOffset: 99 }],
      ]);
      const ids = client.events.map(({ id }) => Number(id?.split('-')[1]));
      expect(ids).toEqual(ids.map((_id, at) => (ids[0] ?? 0) + at));
    }
  });

  test('missed while away come first, nothing lost and nothing twice', async () => {
    const first = follow();
    await eventually(() => first.text !== '');
    for (let at = 0; at < 10; at += 1) log(at);
    await eventually(() => first.events.length === 10);
    first.close();
    for (let at = 10; at < 20; at += 1) log(at);
    const second = follow(first.events.at(-1)?.id);
    await eventually(() => second.events.length === 10);
    log(20);
    await eventually(() => second.events.length === 11);
    const offsets = [...first.events, ...second.events].map(({ data }) => data);
    expect(offsets).toEqual(Array.from({ length: 21 }, (_unused, endOffset) => ({ run: 1, endOffset })));
  });

  test.each(['00000000-1', 'x', '999', '-'])(
    'after an id that is not known (%s) begin with a gap',
    async (id) => {
      log(1);
      const client = follow(id);
      await eventually(() => client.events.length > 0);
      expect(client.events).toEqual([
        { id: expect.stringMatching(/^[0-9a-f]{8}-\d+$/), event: 'gap', data: {} },
      ]);
      log(2);
      await eventually(() => client.events.length === 2);
    },
  );

  test('older than what is kept begin with a gap', async () => {
    const first = follow();
    await eventually(() => first.text !== '');
    log(0);
    await eventually(() => first.events.length === 1);
    const [{ id } = {}] = first.events;
    first.close();
    for (let at = 0; at < 3 * sseDefaults.keptEvents; at += 1) log(at);
    const second = follow(id);
    await eventually(() => second.events.length > 0);
    expect(second.events[0]).toMatchObject({ event: 'gap' });
  });

  test('end at once when the daemon stops', async () => {
    const stopped = await openTestApi();
    const address = await listen(stopped.app);
    const client = new Client(`${address.url}/api/v1/events`);
    await eventually(() => client.text !== '');
    await stopped.close();
    await eventually(() => client.isClosed);
    expect(client.text).toBe(':ok\n\n');
  });
});
