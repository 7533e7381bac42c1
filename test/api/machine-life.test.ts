import type { HistoryPage } from '../../src/contract/machines.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addBundle, addMachine, addRun, openTestApi, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const post = async (url: string, payload: object = {}) => {
  const response = await api.app.inject({ method: 'POST', url: `/api/v1${url}`, payload });
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
};
const get = async (url: string) => (await api.app.inject(`/api/v1${url}`)).json<Record<string, unknown>>();

describe('a machine that is retired', () => {
  test('keeps its name and history, is not meant any more, and comes back', async () => {
    await addMachine(api, 'old');
    expect(await post('/machines/old/retire')).toMatchObject({ status: 200, body: { state: 'retired' } });
    expect(await post('/machines/old/retire')).toMatchObject({ status: 200, body: { state: 'retired' } });
    const again = await post('/machines', { name: 'old', host: '10.0.0.7' });
    expect(again).toMatchObject({ status: 409, body: { code: 'NAME_TAKEN' } });
    const bundle = await addBundle(api, 'story');
    const deployed = await post('/deploy', { bundle: bundle.name, machines: { names: ['old'] } });
    expect(deployed).toMatchObject({ status: 409, body: { code: 'MACHINE_NOT_READY' } });
    expect(await post('/machines/old/restore')).toMatchObject({ status: 200, body: { state: 'ready' } });
    expect(await post('/machines/old/restore')).toMatchObject({ status: 200, body: { state: 'ready' } });
  });

  test('must have no work that is not over', async () => {
    const machine = await addMachine(api, 'busy');
    const bundle = await addBundle(api, 'work');
    const run = await addRun(api, machine, bundle);
    expect(await post('/machines/busy/retire')).toMatchObject({
      status: 409,
      body: { code: 'MACHINE_BUSY' },
    });
    await post(`/runs/${run.id}/cancel`);
    expect(await post('/machines/busy/retire')).toMatchObject({ status: 200 });
  });

  test.each(['retire', 'restore'])('is not found for %s when there is none', async (verb) => {
    expect(await post(`/machines/nobody/${verb}`)).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
  });
});

describe('the history of a machine', () => {
  test('holds runs and deployments, newest first, each once over all pages', async () => {
    const machine = await addMachine(api, 'p2');
    const bundle = await addBundle(api, 'tale');
    const expected: string[] = [];
    for (const atMs of [1000, 1000, 2000, 3000, 3000]) {
      const deployment = await api.store.deployments.create({
        bundleId: bundle.id,
        requestedBy: 'ann',
        atMs,
        machineIds: [machine.id],
      });
      const [run] = await api.store.runs.create([
        {
          machineId: machine.id,
          bundleId: bundle.id,
          parameters: {},
          limits: { limitSeconds: 0, quietSeconds: 0, logMaxBytes: 4096 },
          simulated: false,
          requestedBy: 'ben',
          atMs,
        },
      ]);
      expected.push(`deployment ${deployment.id}`, `run ${run?.id}`);
    }
    const seen: string[] = [];
    let after = '';
    do {
      const url = `/api/v1/machines/p2/history?limit=3${after && `&after=${after}`}`;
      const page = (await api.app.inject(url)).json<HistoryPage>();
      seen.push(...page.items.map(({ kind, id }) => `${kind} ${id}`));
      for (const item of page.items) {
        expect(item).toMatchObject({
          bundle: 'tale@1',
          requestedBy: item.kind === 'run' ? 'ben' : 'ann',
          state: 'queued',
        });
      }
      after = page.next ?? '';
    } while (after !== '');
    expect(seen.toSorted()).toEqual(expected.toSorted());
    expect(seen.slice(0, 4).toSorted()).toEqual(expected.slice(6).toSorted());
  });

  test('refuses the place of another list', async () => {
    const { next } = await get('/machines?limit=1');
    expect(await get(`/machines/p2/history?after=${String(next)}`)).toMatchObject({
      code: 'INVALID_REQUEST',
    });
    expect(await get('/machines/nobody/history')).toMatchObject({ code: 'NOT_FOUND' });
  });
});

test.each(['PATH', 'FLEET98_HTTP_TOKEN', 'FLEET98_PASSWORD_', 'fleet98_password_a', 'AWS_SECRET_ACCESS_KEY'])(
  'a password is never taken from the variable %s',
  async (passwordEnv) => {
    const refused = await post('/machines', { name: 'thief', host: '10.0.0.9', passwordEnv });
    expect(refused).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    expect(refused.body['detail']).toContain('FLEET98_PASSWORD_');
  },
);
