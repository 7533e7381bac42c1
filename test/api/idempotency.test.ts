import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Machine } from '../../src/domain/machine.ts';
import { addBundle, addMachine, openTestApi, type TestApi } from './support.ts';

interface Answer {
  readonly id?: number;
  readonly runs?: readonly { readonly id: number; readonly state: string }[];
}

let api: TestApi;
let alpha: Machine;
beforeEach(async () => {
  api = await openTestApi();
  alpha = await addMachine(api, 'alpha');
  await addMachine(api, 'beta');
  await addBundle(api, 'demo');
});
afterEach(() => api.close());

const everywhere = { bundle: 'demo', machines: 'all' };
const bodies: Record<string, object> = {
  deploy: everywhere,
  run: { ...everywhere, deploy: true },
  benchmarks: { bundles: ['demo'], machines: 'all', repetitions: 2, warmUps: 0, deploy: true },
};

const post = (path: string, key: string | undefined, body: object, query = '') =>
  api.app.inject({
    method: 'POST',
    url: `/api/v1/${path}${query}`,
    payload: body,
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });

/** How many deployments, runs and benchmarks there are. */
async function counts(): Promise<number[]> {
  const pages = ['deployments', 'runs', 'benchmarks'].map((noun) =>
    api.app.inject(`/api/v1/${noun}?limit=200`),
  );
  return (await Promise.all(pages)).map((page) => page.json<{ items: unknown[] }>().items.length);
}

const idsOf = ({ id, runs }: Answer) => [id, runs?.map((run) => run.id)];

describe.each(Object.keys(bodies))('POST %s with a key', (path) => {
  const body = bodies[path] ?? {};

  test('is carried out once, however often it comes', async () => {
    const first = await post(path, 'key 1', body);
    expect([first.statusCode, first.headers['idempotent-replay']]).toEqual([202, undefined]);
    const made = await counts();
    // The same fields in another order are the same request.
    for (const again of [body, Object.fromEntries(Object.entries(body).toReversed())]) {
      const answer = await post(path, 'key 1', again);
      expect([answer.statusCode, answer.headers['idempotent-replay']]).toEqual([202, 'true']);
      expect(answer.headers['location']).toBe(first.headers['location']);
      expect(idsOf(answer.json())).toEqual(idsOf(first.json()));
    }
    expect(await counts()).toEqual(made);
  });

  test('answers what came at the same time with the same things', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => post(path, 'at once', body)));
    expect(answers.map((answer) => answer.statusCode)).toEqual([202, 202, 202, 202]);
    expect(new Set(answers.map((answer) => JSON.stringify(idsOf(answer.json())))).size).toBe(1);
    expect(answers.filter((answer) => answer.headers['idempotent-replay'] === undefined)).toHaveLength(1);
    const [deployments] = await counts();
    expect(deployments).toBe(1);
  });

  test('refuses another request under that key', async () => {
    await post(path, 'key 2', body);
    const before = await counts();
    const other = { ...body, machines: { names: ['alpha'] } };
    const answer = await post(path, 'key 2', other);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', fault: 'user' });
    expect(await counts()).toEqual(before);
    expect((await post(path, 'key 3', other)).statusCode).toBe(202);
  });

  test('keeps no key of a request that was refused', async () => {
    const wrong = path === 'benchmarks' ? { ...body, bundles: ['nothing'] } : { ...body, bundle: 'nothing' };
    for (let time = 0; time < 2; time++) expect((await post(path, 'key 4', wrong)).statusCode).toBe(404);
    expect((await post(path, 'key 4', body)).statusCode).toBe(202);
  });

  test.each(['', 'ümlaut', 'x'.repeat(256)])('refuses the key %j', async (key) => {
    const answer = await post(path, key, body);
    expect(answer.json()).toMatchObject({
      code: 'INVALID_REQUEST',
      detail: 'idempotency-key must be 1 to 255 printable ASCII characters',
    });
  });
});

test('without a key each request counts', async () => {
  for (let time = 0; time < 2; time++) await post('run', undefined, bodies['run'] ?? {});
  expect(await counts()).toEqual([2, 4, 0]);
});

test('one key is one request, whatever the route', async () => {
  await post('deploy', 'mine', everywhere);
  expect((await post('run', 'mine', { ...everywhere, deploy: true })).statusCode).toBe(422);
});

test('a replay shows the state as it is now', async () => {
  const body = { ...everywhere, machines: { names: ['alpha'] }, deploy: true };
  const [run] = (await post('run', 'later', body)).json<Required<Answer>>().runs;
  await api.app.inject({ method: 'POST', url: `/api/v1/runs/${run?.id}/cancel`, payload: {} });
  await api.store.machines.update(alpha.id, { held: false }, 9_000);
  expect((await post('run', 'later', body)).json()).toMatchObject({
    runs: [{ id: run?.id, state: 'canceled' }],
  });
});

test('the runs and the deployment that they wait for are one', async () => {
  const body = bodies['run'] ?? {};
  await post('run', 'both', body);
  expect(await counts()).toEqual([1, 2, 0]);
  await post('run', 'both', body);
  expect(await counts()).toEqual([1, 2, 0]);
});

test('a rollback is carried out once too', async () => {
  const { bundle: older } = await api.operations.createBundle({
    name: 'shelf',
    files: (await api.operations.findBundle('demo')).files,
    engine: 'auto',
  });
  const { bundle: newer } = await api.operations.createBundle({ ...older, engine: 'plain-text' });
  const { id } = await api.store.deployments.create({
    bundleId: newer.id,
    requestedBy: 'test',
    atMs: 1,
    machineIds: [alpha.id],
  });
  const placed = { machineId: alpha.id, placedAtMs: 1, verified: true };
  await api.store.placements.put({ ...placed, bundleId: older.id, folder: older.folder });
  await api.store.deployments.moveTarget(id, alpha.id, 'start', {}, 'take', 2);
  const placement = { ...placed, bundleId: newer.id, folder: newer.folder };
  await api.store.deployments.finishTarget(
    id,
    alpha.id,
    'current',
    { method: 'agent-crc', receipts: [], placement },
    3,
  );
  const path = `deployments/${id}/rollback`;
  const answers = await Promise.all([1, 2, 3].map(() => post(path, 'back', {})));
  expect(answers.map((answer) => answer.statusCode)).toEqual([202, 202, 202]);
  const again = await post(path, 'back', {});
  expect(again.headers['idempotent-replay']).toBe('true');
  expect(new Set([...answers, again].map((answer) => answer.headers['location'])).size).toBe(1);
  expect((await post(`deployments/${id + 1}/rollback`, 'back', {})).statusCode).toBe(422);
  expect((await counts())[0]).toBe(2);
});
