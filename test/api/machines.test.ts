import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Machine, MachinePage } from '../../src/contract/machines.ts';
import { addBundle, addMachine, addRun, openTestApi, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const post = (url: string, payload: object = {}) =>
  api.app.inject({ method: 'POST', url: `/api/v1${url}`, payload });
const get = (url: string) => api.app.inject(`/api/v1${url}`);

test('a machine is registered, shown, changed and removed, and its password never comes out', async () => {
  const asked = {
    name: 'compaq-486',
    host: '10.0.0.5',
    user: 'fleet',
    password: 'hunter2',
    platform: 'win9x',
    labels: { room: 'attic' },
  };
  const registered = await post('/machines', asked);
  expect(registered.statusCode).toBe(201);
  expect(registered.headers['location']).toBe('/api/v1/machines/compaq-486');
  const expected = {
    id: expect.any(String),
    name: 'compaq-486',
    state: 'new',
    health: 'unknown',
    held: false,
    transport: 'push',
    host: '10.0.0.5',
    port: 21,
    user: 'fleet',
    hasPassword: true,
    platform: 'win9x',
    labels: { room: 'attic' },
    writeChunkBytes: 4096,
    simulated: false,
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    updatedAt: expect.stringMatching(/Z$/),
  };
  expect(registered.json()).toEqual(expected);
  expect((await get('/machines/compaq-486')).json()).toEqual(expected);

  const changed = await api.app.inject({
    method: 'PATCH',
    url: '/api/v1/machines/compaq-486',
    payload: { port: 2121, password: null, platform: null, spool: '/FLEET98' },
  });
  expect(changed.json()).toMatchObject({ port: 2121, hasPassword: false, spool: '/FLEET98' });
  expect(changed.json()).not.toHaveProperty('platform');

  for (const answer of [registered, changed, await get('/machines'), await get('/machines/compaq-486/why')]) {
    expect(answer.body).not.toContain('hunter2');
  }
  const removed = await api.app.inject({ method: 'DELETE', url: '/api/v1/machines/compaq-486' });
  expect([removed.statusCode, removed.body]).toEqual([204, '']);
  expect((await get('/machines/compaq-486')).json()).toMatchObject({
    code: 'NOT_FOUND',
    detail: "there is no machine 'compaq-486'",
  });
});

test('a name that is in use is refused', async () => {
  await post('/machines', { name: 'twin', host: 'a' });
  const answer = await post('/machines', { name: 'twin', host: 'b' });
  expect([answer.statusCode, answer.json()]).toEqual([409, expect.objectContaining({ code: 'NAME_TAKEN' })]);
});

test('what a probe cannot reach is said as a problem of the network', async () => {
  await post('/machines', { name: 'unplugged', host: '127.0.0.1' });
  for (const payload of [undefined, {}, { adopt: true }]) {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/api/v1/machines/unplugged/probe',
      ...(payload && { payload }),
    });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'UNREACHABLE', fault: 'network' });
  }
  const { machine, advice } = (await get('/machines/unplugged/why')).json();
  expect(machine).toMatchObject({
    name: 'unplugged',
    lastError: { code: 'UNREACHABLE', at: expect.stringMatching(/Z$/) },
  });
  expect(advice.length).toBeGreaterThan(0);
});

test('a hold is set and lifted', async () => {
  await addMachine(api, 'held-one');
  expect((await post('/machines/held-one/hold', { held: true })).json()).toMatchObject({ held: true });
  expect((await post('/machines/held-one/hold', { held: false })).json()).toMatchObject({ held: false });
});

test('a machine that works says at what', async () => {
  const machine = await addMachine(api, 'worker');
  const run = await addRun(api, machine, await addBundle(api, 'busywork'));
  await api.store.runs.move(run.id, 'start', {}, 'take', 7000);
  const busy = { kind: 'run', owner: `run:${run.id}`, since: new Date(7000).toISOString() };
  expect((await get('/machines/worker')).json()).toMatchObject({ busy });
  const { items } = (await get('/machines?limit=200')).json<MachinePage>();
  expect(items.find(({ name }) => name === 'worker')?.busy).toEqual(busy);
});

test('preflight says what it finds', async () => {
  await addMachine(api, 'checked');
  await addBundle(api, 'checked-bundle');
  const answer = await get('/machines/checked/preflight?bundle=checked-bundle');
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({
    machine: 'checked',
    bundle: 'checked-bundle@1',
    blocked: expect.any(Boolean),
  });
  for (const finding of answer.json().findings) {
    expect(Object.keys(finding).toSorted()).toEqual(['code', 'level', 'message']);
  }
});

const walk = async (query: string): Promise<string[]> => {
  const names: string[] = [];
  for (let after = ''; ;) {
    const page = (await get(`/machines?limit=7${query}${after}`)).json<MachinePage>();
    names.push(...page.items.map((machine: Machine) => machine.name));
    if (page.next === undefined) return names;
    expect(page.items).toHaveLength(7);
    after = `&after=${encodeURIComponent(page.next)}`;
  }
};

test('pages hold every machine once, in the order of names, and filters keep to theirs', async () => {
  for (let number = 10; number < 35; number += 1) {
    await post('/machines', {
      name: `page-${number}`,
      host: 'x',
      labels: { shelf: number % 2 ? 'odd' : 'even' },
    });
  }
  const all = await walk('');
  expect(all.filter((name) => name.startsWith('page-'))).toHaveLength(25);
  expect(all).toEqual([...new Set(all)].toSorted());
  expect(await walk('&label=shelf=odd')).toHaveLength(12);
  expect(await walk('&label=shelf=none')).toEqual([]);
  expect(await walk('&state=ready&health=lost')).toEqual([]);
});
