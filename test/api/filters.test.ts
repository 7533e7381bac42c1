import { afterAll, beforeAll, expect, test } from 'vitest';
import { addBundle, addMachine, openTestApi, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
  const alpha = await addMachine(api, 'alpha');
  await addMachine(api, 'beta', 'new');
  const bundle = await addBundle(api, 'demo');
  await addBundle(api, 'other');
  await api.store.placements.put({
    machineId: alpha.id,
    bundleId: bundle.id,
    folder: bundle.folder,
    placedAtMs: 3_000,
    verified: true,
  });
});
afterAll(() => api.close());

test.each([
  ['', ['alpha', 'beta']],
  ['bundle=demo', ['alpha']],
  ['bundle=demo@1', ['alpha']],
  ['bundle=other', []],
  ['bundle=demo&state=new', []],
  ['state=new', ['beta']],
  ['since=1970-01-01T00:00:01Z', ['alpha', 'beta']],
  ['since=1970-01-01T00:00:02Z', []],
  ['until=1970-01-01T00:00:01Z', ['alpha', 'beta']],
  ['until=1970-01-01T00:00:00Z', []],
])('machines?%s', async (query, names) => {
  const page = (await api.app.inject(`/api/v1/machines?${query}`)).json<{ items: { name: string }[] }>();
  expect(page.items.map(({ name }) => name)).toEqual(names);
});

test.each(['machines', 'runs', 'deployments', 'benchmarks', 'receipts'])(
  '%s by a bundle that is not there is not an empty list',
  async (noun) => {
    const answer = await api.app.inject(`/api/v1/${noun}?bundle=nothing`);
    expect(answer.json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  },
);
