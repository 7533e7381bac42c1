import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fillPath } from '../../src/contract/paths.ts';
import { routes } from '../../src/contract/routes.ts';
import { openTestApi, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

const sha256 = '0'.repeat(64);
const program = { platform: 'win9x', file: 'AGENT.EXE' };
const values = { name: 'x', id: 1, version: 1, filename: 'a.bin', sha256, ...program };
const machine = { name: 'pentium', host: 'pentium.lan' };
const bundle = { name: 'demo', files: [] };
const start = { bundle: 'demo', machines: 'all' };

type Operation = keyof typeof routes;
const isOperation = (name: string): name is Operation => name in routes;
const operations = Object.keys(routes).filter(isOperation);

/** For each route with a JSON body, one that is right. */
const goodBodies: Partial<Record<Operation, object>> = {
  registerMachine: machine,
  changeMachine: { host: 'other.lan' },
  retireMachine: {},
  restoreMachine: {},
  probeMachine: {},
  approveMachine: { code: '1234' },
  scan: { network: '127.0.98.0/30' },
  holdMachine: { held: true },
  updateAgent: {},
  createBundle: bundle,
  deploy: start,
  cancelDeployment: {},
  rollBackDeployment: {},
  verifyMachine: {},
  removeBundle: { bundle: 'demo' },
  run: start,
  cancelRun: {},
  abandonRun: {},
  importRun: { log: 'a'.repeat(64), machine: 'alpha', bundle: 'demo' },
  createBenchmark: { bundles: ['demo'], machines: 'all' },
  cancelBenchmark: {},
  backup: {},
};
const rawBodies: ReadonlySet<string> = new Set(['putArtifact', 'restore']);
/** For routes whose query must have something. */
const goodQueries: Partial<Record<Operation, string>> = { preflightMachine: '?bundle=demo' };

const ask = (operation: Operation, body: unknown, query = '') => {
  const { method, path } = routes[operation];
  return api.app.inject({
    method,
    url: fillPath(path, values) + query,
    ...(body === undefined
      ? {}
      : { payload: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
};

describe('every route', () => {
  test.each(operations)('%s refuses a query field that it does not know', async (operation) => {
    const query = goodQueries[operation];
    const answer = await ask(operation, goodBodies[operation], query ? `${query}&nonsense=1` : '?nonsense=1');
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toEqual({
      type: 'urn:fleet98:error:INVALID_REQUEST',
      title: expect.any(String),
      status: 400,
      code: 'INVALID_REQUEST',
      fault: 'user',
      detail: "unknown field 'nonsense' in the query",
      hint: expect.any(String),
      instance: fillPath(routes[operation].path, values),
    });
  });

  test.each(operations.filter((name) => name in goodBodies))(
    '%s refuses a body field that it does not know',
    async (operation) => {
      const answer = await ask(operation, { ...goodBodies[operation], nonsense: 1 });
      expect(answer.json()).toMatchObject({ code: 'INVALID_REQUEST', detail: "unknown field 'nonsense'" });
    },
  );

  test('with a JSON body is in that table', () => {
    const withBody = Object.entries(routes).filter(
      ([, { schema }]) => 'body' in schema && schema.body !== undefined,
    );
    const json = withBody.map(([name]) => name).filter((name) => !rawBodies.has(name));
    expect(new Set(json)).toEqual(new Set(Object.keys(goodBodies)));
  });
});

const integer = { name: 'n', type: 'integer' };
const withArgs = (...args: unknown[]) => ({ ...bundle, command: { args } });

test.each<[Operation, unknown, string]>([
  ['registerMachine', [], 'the body must be an object'],
  ['registerMachine', null, 'the body must be an object'],
  ['registerMachine', { name: 'x' }, "the field 'host' is missing"],
  ['registerMachine', { ...machine, name: 5 }, 'name must be a text'],
  ['registerMachine', { ...machine, name: '../x' }, 'name must be 1 to 63 letters, digits'],
  ['registerMachine', { ...machine, host: 'a b' }, 'host must be a host name'],
  ['registerMachine', { ...machine, host: 'a\r\nDELE x' }, 'host must be a host name'],
  ['registerMachine', { ...machine, port: '21' }, 'port must be a whole number'],
  ['registerMachine', { ...machine, port: 65_536 }, 'port must be <= 65535'],
  [
    'registerMachine',
    { ...machine, user: 'a\r\nDELE x' },
    'user must be 1 to 128 characters without control',
  ],
  [
    'registerMachine',
    { ...machine, platform: 'mac' },
    'platform must be one of win9x, winnt, msdos, linux, unix',
  ],
  ['registerMachine', { ...machine, labels: { 'a b': '1' } }, "labels has a key that is not allowed: 'a b'"],
  ['registerMachine', { ...machine, labels: { a: 1 } }, 'labels.a must be a text'],
  ['changeMachine', {}, 'the body must have at least one field'],
  ['changeMachine', { password: 'a\nb' }, 'password must be at most 128 characters'],
  ['changeMachine', { spool: 5 }, 'spool must be a value as in registering'],
  ['changeMachine', { id: 'y' }, "unknown field 'id'"],
  ['scan', { network: '10.0.0.0/8' }, 'network must be an IPv4 network such as 192.168.98.0/24'],
  ['approveMachine', {}, "the field 'code' is missing"],
  ['approveMachine', { code: '12' }, 'code must be the four digits on the screen of the machine'],
  ['holdMachine', { held: 'yes' }, 'held must be true or false'],
  ['deploy', { ...start, machines: ['a'] }, 'machines must be "all", {"names": […]}'],
  ['deploy', { ...start, machines: 'some' }, 'machines must be "all", {"names": […]}'],
  ['deploy', { ...start, machines: {} }, 'machines must be "all", {"names": […]}'],
  ['deploy', { ...start, machines: { names: [] } }, 'machines.names must not have fewer than 1 items'],
  ['deploy', { ...start, machines: { names: ['a', 5] } }, 'machines.names[1] must be a text'],
  ['deploy', { ...start, machines: { names: ['a'], x: 1 } }, "unknown field 'x' in machines"],
  ['deploy', { ...start, machines: { platform: 'os2' } }, 'machines.platform must be one of win9x'],
  ['deploy', { ...start, bundle: 'demo@0' }, 'bundle must be a bundle as NAME or NAME@VERSION'],
  ['createBundle', { ...bundle, files: [{ name: 'A' }] }, "the field 'sha256' is missing in files[0]"],
  ['createBundle', { ...bundle, files: [{ name: 'A', sha256: 'x' }] }, 'files[0].sha256 must be a sha256'],
  ['createBundle', withArgs(5), 'command.args[0] must be a fixed word, or a parameter'],
  ['createBundle', withArgs({ name: 'n', type: 'int' }), 'command.args[0] must be a parameter with a type'],
  ['createBundle', withArgs({ name: 'n' }), "the field 'type' is missing in command.args[0]"],
  ['createBundle', withArgs('-n', { ...integer, min: 'a' }), 'command.args[1].min must be a whole number'],
  ['createBundle', withArgs({ ...integer, min: 1, foo: 1 }), "unknown field 'foo' in command.args[0]"],
  ['createBundle', withArgs({ ...integer, choices: ['a'] }), "unknown field 'choices' in command.args[0]"],
  ['run', { ...start, parameters: { n: true } }, 'parameters.n must be a number, or a text'],
  ['run', { ...start, parameters: { n: 'x'.repeat(16_385) } }, 'parameters.n must not have more than 16384'],
  ['run', { ...start, parameters: { 'a b': 1 } }, "parameters has a key that is not allowed: 'a b'"],
  ['run', { ...start, limits: { limitSeconds: -1 } }, 'limits.limitSeconds must be >= 0'],
  ['run', { ...start, deploy: 1 }, 'deploy must be true or false'],
])('%s of %j is refused with a sentence that names the field', async (operation, body, detail) => {
  const answer = await ask(operation, body);
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ code: 'INVALID_REQUEST', detail: expect.stringContaining(detail) });
});

test.each<[Operation, string, string]>([
  ['listMachines', '?limit=0', 'limit must be >= 1'],
  ['listMachines', '?limit=201', 'limit must be <= 200'],
  ['listMachines', '?limit=ten', 'limit must be a whole number'],
  ['listMachines', '?limit=1&limit=2', "'limit' stands more than once"],
  ['listRuns', '?state=queued&state=queued', "'state' stands more than once"],
  ['listRuns', '?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z', 'since is later than until'],
  ['listDeployments', '?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z', 'since is later'],
  ['listMachines', '?after=', 'after must be the value of `next`'],
  ['listMachines', '?after=abc', 'after: it is not a `next` of this list'],
  ['listMachines', '?state=broken', 'state must be one of new, ready, retired'],
  ['listMachines', '?label=x', 'label must be a label as KEY=VALUE'],
  ['listRuns', '?since=yesterday', 'since must'],
  ['readRunLog', '?from=-1', 'from must be >= 0'],
  ['preflightMachine', '', "the field 'bundle' is missing in the query"],
])('%s%s is refused', async (operation, query, detail) => {
  const answer = await ask(operation, undefined, query);
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ code: 'INVALID_REQUEST', detail: expect.stringContaining(detail) });
});

test('a refused password is not repeated in the answer or the log', async () => {
  api.logged.length = 0;
  const answer = await ask('changeMachine', { password: 'hunter2\n' });
  expect(answer.body + api.logged.join('')).not.toContain('hunter2');
});
