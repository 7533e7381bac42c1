import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DomainError } from '../../src/domain/errors.ts';
import { exchange, listen, openTestApi, type TestApi } from './support.ts';

const jsonType = { 'content-type': 'application/json' };
const newMachine = { name: 'pentium', host: '127.0.0.1' };

let api: TestApi;
let port: number;

beforeAll(async () => {
  api = await openTestApi({
    replace: () => ({
      explainMachine: () => Promise.reject(new Error('secret in /home/someone/fleet98.db')),
      preflight: () => Promise.reject(new DomainError('BUG', "'x' cannot happen in state 'y'")),
    }),
  });
  ({ port } = await listen(api.app));
});
afterAll(() => api.close());

const get = (host: string, headers = '') =>
  exchange(port, `GET /api/v1/machines HTTP/1.1\r\nHost: ${host}\r\n${headers}Connection: close\r\n\r\n`);
const statusOf = (answer: string): number => Number(answer.slice(9, 12));

describe('the Host header', () => {
  test.each([
    'localhost',
    'localhost:80',
    'LOCALHOST.:1234',
    '127.0.0.1',
    '127.0.0.1:9898',
    '127.1.2.3',
    '[::1]',
    '[::1]:9898',
    'fleet.lan',
    'FLEET.lan:1',
    'shelf.lan:9898',
  ])('%s is served', async (host) => {
    expect(statusOf(await get(host))).toBe(200);
  });

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '0.0.0.0',
    '[::2]',
    'shelf.lan',
    'shelf.lan:80',
    'localhost@evil.example',
    'localhost/x',
    'localhost:99999999',
    'localhost,evil.example',
    '',
  ])('%s is refused', async (host) => {
    const answer = await get(host);
    expect(statusOf(answer)).toBe(421);
    expect(answer).toContain('"code":"WRONG_HOST"');
  });

  test('that is missing is refused', async () => {
    const answer = await exchange(port, 'GET /api/v1/machines HTTP/1.0\r\n\r\n');
    expect(answer).toContain('WRONG_HOST');
  });

  test('is checked on addresses that do not exist, too', async () => {
    const answer = await exchange(
      port,
      'GET /nothing HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    );
    expect(statusOf(answer)).toBe(421);
  });
});

const postFrom = (origin: string, host = 'localhost:9898') =>
  api.app.inject({
    method: 'POST',
    url: '/api/v1/bundles',
    headers: { ...jsonType, origin, host },
    payload: '{}',
  });

describe('the Origin header of a change', () => {
  test.each([
    ['http://localhost:9898', 'localhost:9898'],
    ['https://localhost:9898', 'localhost:9898'],
    ['http://fleet.lan', 'fleet.lan'],
    ['http://fleet.lan', 'fleet.lan:80'],
    ['http://[::1]:9898', '[::1]:9898'],
  ])('%s may change what is at %s', async (origin, host) => {
    const answer = await postFrom(origin, host);
    expect(answer.json()).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  test.each([
    'http://evil.example',
    'http://localhost',
    'http://localhost:3000',
    'http://127.0.0.1:9898',
    'null',
    'file://',
    'http://localhost:9898.evil.example',
    'http://evil.example/http://localhost:9898',
  ])('%s is refused', async (origin) => {
    const answer = await postFrom(origin);
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ code: 'FOREIGN_ORIGIN', fault: 'user' });
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('is checked for %s', async (method) => {
    const answer = await api.app.inject({
      method,
      url: '/api/v1/machines/x',
      headers: { origin: 'http://evil.example' },
    });
    expect(answer.statusCode).toBe(403);
  });

  test('of a reading request is let pass, and its answer lets no other site read it', async () => {
    const answer = await api.app.inject({
      url: '/api/v1/machines',
      headers: { origin: 'http://evil.example' },
    });
    expect(answer.statusCode).toBe(200);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
  });

  test('of a preflight is answered without leave', async () => {
    const answer = await api.app.inject({
      method: 'OPTIONS',
      url: '/api/v1/machines',
      headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('the type of a body', () => {
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json2',
    'x',
  ])('%s is refused', async (type) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/api/v1/machines',
      headers: { 'content-type': type },
      payload: JSON.stringify(newMachine),
    });
    expect(answer.statusCode).toBe(415);
    expect(answer.json()).toMatchObject({ code: 'UNSUPPORTED_MEDIA', status: 415 });
  });

  test('that is not said is refused', async () => {
    const body = JSON.stringify(newMachine);
    const answer = await exchange(
      port,
      `POST /api/v1/machines HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(statusOf(answer)).toBe(415);
  });

  test('application/json with a charset is taken', async () => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/api/v1/machines',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      payload: JSON.stringify(newMachine),
    });
    expect(answer.statusCode).toBe(201);
  });

  test('of a file is not that of a request', async () => {
    const answer = await api.app.inject({
      method: 'PUT',
      url: '/api/v1/artifacts/a.bin',
      headers: jsonType,
      payload: '{}',
    });
    expect(answer.json()).toMatchObject({
      code: 'UNSUPPORTED_MEDIA',
      detail: expect.stringContaining('octet-stream'),
    });
  });
});

const headThatWaits = (host: string) =>
  `POST /api/v1/machines HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n`;

describe('a body', () => {
  test.each(['{"name":', '', '{"a":1}}', '\u0000', '{"__proto__":{"x":1}}', '[1,', 'nul'])(
    'of %j is refused in one sentence',
    async (payload) => {
      const answer = await api.app.inject({
        method: 'POST',
        url: '/api/v1/machines',
        headers: jsonType,
        payload,
      });
      expect(answer.statusCode).toBe(400);
      const { code, detail } = answer.json<{ code: string; detail: string }>();
      expect(code).toBe('INVALID_REQUEST');
      expect(detail).toMatch(payload === '' ? /'name' is missing/ : /not valid JSON/);
      expect(detail).not.toContain('\n');
    },
  );

  test('of more than 1 MiB is refused by its length alone', async () => {
    const answer = await exchange(
      port,
      'POST /api/v1/machines HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n',
      (text) => text.includes('}'),
    );
    expect(statusOf(answer)).toBe(413);
    expect(answer).toContain('BODY_TOO_LARGE');
    expect(answer).toContain('1048576');
  });

  test('of more than 1 MiB is refused while it comes in chunks', async () => {
    const head =
      'POST /api/v1/machines HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunk = `${(1_048_600).toString(16)}\r\n${' '.repeat(1_048_600)}\r\n`;
    const answer = await exchange(port, head + chunk, (text) => text.includes('}'));
    expect(statusOf(answer)).toBe(413);
  });

  test('that was announced and never came does not hold the connection', async () => {
    const answer = await exchange(
      port,
      'POST /api/v1/machines HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
    );
    expect(statusOf(answer)).toBe(421);
  });

  test('is asked for only after the checks have passed', async () => {
    expect(await exchange(port, headThatWaits('evil.example'), (text) => text.includes('}'))).toMatch(
      /^HTTP\/1\.1 421/,
    );
    expect(await exchange(port, headThatWaits('localhost'), (text) => text.includes('\r\n\r\n'))).toMatch(
      /^HTTP\/1\.1 100/,
    );
  });
});

describe('an error that is our own fault', () => {
  test.each(['why', 'preflight?bundle=demo'])(
    'at %s says nothing of what went wrong, the log does',
    async (path) => {
      await api.app.inject({ method: 'POST', url: '/api/v1/bundles', payload: { name: 'demo', files: [] } });
      api.logged.length = 0;
      const answer = await api.app.inject(`/api/v1/machines/pentium/${path}`);
      expect(answer.statusCode).toBe(500);
      expect(answer.json()).toMatchObject({
        code: 'BUG',
        fault: 'us',
        instance: expect.not.stringContaining('?'),
      });
      expect(answer.body).not.toMatch(/secret|home|stack|cannot happen|\.ts/);
      expect(api.logged.join('')).toMatch(/secret in|cannot happen/);
      expect(api.logged.join('')).toContain('"stack"');
    },
  );
});

describe('answers', () => {
  test.each(['/api/v1/machines', '/nothing', '/healthz', '/api/v1/machines/%ZZ', '/docs/json'])(
    'of %s carry the headers that keep browsers quiet',
    async (url) => {
      const { headers } = await api.app.inject(url);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
      });
      expect(headers['content-security-policy']).toMatch(/^default-src '(none|self)'/);
    },
  );

  test.each([
    ['/nothing', 404, 'NOT_FOUND'],
    ['/api/v1/machines/nobody', 404, 'NOT_FOUND'],
    ['/api/v1/machines/%ZZ', 400, 'INVALID_REQUEST'],
    [`/api/v1/machines/${'x'.repeat(2000)}`, 400, 'INVALID_REQUEST'],
    ['/api/v1/runs/99', 404, 'NOT_FOUND'],
    ['/api/v1/runs/abc', 400, 'INVALID_REQUEST'],
    ['/api/v1/runs/1e3', 400, 'INVALID_REQUEST'],
    ['/api/v1/runs/0', 400, 'INVALID_REQUEST'],
  ])('of %s are problems', async (url, status, code) => {
    const answer = await api.app.inject(url);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ type: `urn:fleet98:error:${code}`, status, code });
    expect(answer.statusCode).toBe(status);
  });
});

test.each([
  ['bytes that are not HTTP', 'GARBAGE\r\n\r\n', 400, 'a method of HTTP'],
  ['a header without a colon', 'GET / HTTP/1.1\r\nHost localhost\r\n\r\n', 400, 'not HTTP'],
  [
    'headers without end',
    `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
    431,
    'HEADERS_TOO_LARGE',
  ],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'not HTTP',
  ],
])('%s are answered with a problem', async (_what, bytes, status, reason) => {
  const answer = await exchange(port, bytes);
  expect(statusOf(answer)).toBe(status);
  expect(answer).toContain('Content-Type: application/problem+json');
  expect(answer).toContain(reason);
});
