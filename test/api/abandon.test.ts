import { afterAll, beforeAll, expect, test } from 'vitest';
import { addBundle, addMachine, addRun, openTestApi, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

test('only a lost run can be abandoned, and only once', async () => {
  const run = await addRun(api, await addMachine(api, 'alpha'), await addBundle(api, 'demo'));
  const abandon = async (id: number) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: `/api/v1/runs/${id}/abandon`,
      payload: {},
    });
    return [answer.statusCode, answer.json()];
  };
  expect(await abandon(run.id)).toMatchObject([409, { code: 'RUN_NOT_LOST' }]);
  await api.store.runs.move(run.id, 'start', {}, 'take', 1);
  await api.store.runs.move(run.id, 'lose', { code: 'TIMEOUT', detail: 'silence' }, undefined, 2);
  expect(await abandon(run.id)).toMatchObject([200, { id: run.id, state: 'failed', code: 'ABANDONED' }]);
  expect(await abandon(run.id)).toMatchObject([409, { code: 'ALREADY_ENDED' }]);
  expect(await abandon(4711)).toMatchObject([404, { code: 'NOT_FOUND' }]);
});
