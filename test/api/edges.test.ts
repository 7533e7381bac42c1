import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fillPath } from '../../src/contract/paths.ts';
import { routes } from '../../src/contract/routes.ts';
import { eventually, exchange, listen, openTestApi, type TestApi } from './support.ts';

type Operation = keyof typeof routes;
const isOperation = (name: string): name is Operation => name in routes;
const operations = Object.keys(routes).filter(isOperation);
const rawBodies: readonly Operation[] = ['putArtifact', 'restore'];
const withBody = operations.filter((name) => 'body' in routes[name].schema);
const withJson = withBody.filter((name) => !rawBodies.includes(name));
const lists = operations.filter((name) => JSON.stringify(routes[name].schema).includes('"after"'));

const values = { name: 'x', id: 1, version: 1, filename: 'a.bin', sha256: '0'.repeat(64) };
const urlOf = (name: Operation): string => fillPath(routes[name].path, values);
const fiveGigabytes = 5 * 1024 ** 3;

let api: TestApi;
let port: number;
beforeAll(async () => {
  api = await openTestApi({ config: { uploadStallMs: 200 } });
  ({ port } = await listen(api.app));
});
afterAll(() => api.close());

/** What every refusal has in common. */
function expectProblem(body: string, status: number, code: string): void {
  const problem: Record<string, unknown> = JSON.parse(body.slice(body.indexOf('{')));
  expect(problem).toMatchObject({ status, code });
  expect(problem['detail']).toMatch(/^[^\n]{5,200}$/);
  expect(body).not.toMatch(/\/tmp|\/work|node_modules|\.ts:|at async|"stack"/);
}

describe.each(withJson)('%s refuses', (name) => {
  const { method } = routes[name];
  const send = (payload: string, type: string) =>
    api.app.inject({ method, url: urlOf(name), payload, headers: { 'content-type': type } });

  test('what is not JSON', async () => {
    for (const text of ['{"a":', '{"a":1}}', 'nul', '\u0000', '{"__proto__":{}}']) {
      const answer = await send(text, 'application/json');
      expectProblem(answer.body, 400, 'INVALID_REQUEST');
    }
  });

  test.each(['text/plain', 'application/octet-stream', 'application/x-www-form-urlencoded', 'x'])(
    'the type %s',
    async (type) => expectProblem((await send('{}', type)).body, 415, 'UNSUPPORTED_MEDIA'),
  );

  test('five gigabytes, before any of them is there', async () => {
    const answer = await exchange(
      port,
      `${method} ${urlOf(name)} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${fiveGigabytes}\r\n\r\n`,
      (text) => text.endsWith('}'),
    );
    expectProblem(answer, 413, 'BODY_TOO_LARGE');
  });
});

test('an upload of more than may come is refused by its length alone', async () => {
  const answer = await exchange(
    port,
    `PUT /api/v1/artifacts/a.bin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: ${fiveGigabytes}\r\n\r\n`,
    (text) => text.endsWith('}'),
  );
  expectProblem(answer, 413, 'BODY_TOO_LARGE');
});

describe.each(lists)('%s refuses', (name) => {
  test.each([
    'limit=0',
    'limit=201',
    'limit=-1',
    'limit=1.5',
    'limit=many',
    'limit=1&limit=1',
    'after=%20',
    'after=W10',
    'after=WyJvdGhlciIsMV0',
    `after=${'A'.repeat(257)}`,
  ])('?%s', async (query) => {
    await api.app.inject({ method: 'POST', url: '/api/v1/machines', payload: { name: 'x', host: 'x.lan' } });
    expectProblem((await api.app.inject(`${urlOf(name)}?${query}`)).body, 400, 'INVALID_REQUEST');
  });
});

describe('a method', () => {
  test.each([
    ['DELETE', '/api/v1/runs', 'GET, HEAD'],
    ['OPTIONS', '/api/v1/machines', 'POST, GET, HEAD'],
    ['PUT', '/api/v1/machines/x?a=1', 'GET, PATCH, DELETE, HEAD'],
    ['POST', '/api/v1/events', 'GET'],
    ['HEAD', '/api/v1/runs/1/events', 'GET'],
    ['GET', '/api/v1/deploy', 'POST'],
  ] as const)('%s that %s does not take is told which it takes', async (method, url, allowed) => {
    const answer = await api.app.inject({ method, url });
    expect([answer.statusCode, answer.headers['allow']]).toEqual([405, allowed]);
    if (method !== 'HEAD') expectProblem(answer.body, 405, 'METHOD_NOT_ALLOWED');
  });

  test.each([
    ['PROPFIND', 404, 'NOT_FOUND'],
    ['BREW', 400, 'INVALID_REQUEST'],
  ])('%s that nobody knows is refused', async (method, status, code) => {
    const answer = await exchange(
      port,
      `${method} /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expectProblem(answer, status, code);
  });

  test('HEAD answers as GET does, without the body', async () => {
    for (const url of ['/api/v1/machines', '/healthz', '/metrics']) {
      const answer = await api.app.inject({ method: 'HEAD', url });
      expect([answer.statusCode, answer.body]).toEqual([200, '']);
    }
    expect((await api.app.inject({ method: 'HEAD', url: '/api/v1/runs/9' })).statusCode).toBe(404);
  });
});

/** Sends the beginning of an upload that promises more. */
function beginUpload(name: string, framing: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        `PUT /api/v1/artifacts/${name} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n${framing}`,
        () => resolve(socket),
      );
    });
    socket.on('error', () => undefined);
  });
}

const temporary = (): Promise<string[]> => readdir(join(api.dataDir, 'artifacts', 'tmp'));

describe('an upload that stops half-way', () => {
  beforeEach(() => {
    api.logged.length = 0;
  });

  test.each([
    ['with a length', 'Content-Length: 1000\r\n\r\nhalf'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('because its connection is cut, %s, leaves a line in the log and nothing else', async (_, framing) => {
    const socket = await beginUpload('cut.bin', framing);
    await eventually(async () => (await temporary()).length === 1);
    socket.destroy();
    await eventually(async () => (await temporary()).length === 0);
    await eventually(() =>
      api.logged.some((line) => line.includes('UPLOAD_CUT') && line.includes('cut.bin')),
    );
  });

  test('because nothing more comes, is given up', async () => {
    const socket = await beginUpload('stalled.bin', 'Content-Length: 1000\r\n\r\nhalf');
    await eventually(async () => (await temporary()).length === 0 && socket.closed);
    await eventually(() =>
      api.logged.some((line) => line.includes('UPLOAD_CUT') && line.includes('stalled')),
    );
  });
});
