import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fillPath } from '../../src/contract/paths.ts';
import { routes } from '../../src/contract/routes.ts';
import type { AccessToken } from '../../src/api/parts.ts';
import { sourceOf, WrongTries } from '../../src/api/wrong-tries.ts';
import { addBundle, addMachine, openTestApi, type TestApi } from './support.ts';

const texts = { wall: 'wall-display-word-1', ops: 'correct-horse-battery', default: 'correct horse' };
const tokenOf = (name: keyof typeof texts, role: AccessToken['role']): AccessToken => ({
  name,
  role,
  sha256: createHash('sha256').update(texts[name]).digest('hex'),
});
const tokens = [tokenOf('default', 'operate'), tokenOf('wall', 'view'), tokenOf('ops', 'operate')];
const bearer = (word: string) => ({ authorization: `Bearer ${word}` });

let api: TestApi;
beforeEach(async () => {
  api = await openTestApi({ config: { tokens } });
});
afterEach(() => api.close());

describe('a bearer token', () => {
  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer wrong',
    'Bearer correct hors',
    'Basic correct horse',
    'correct horse',
  ])('%j does not open anything', async (authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    for (const url of ['/api/v1/machines', '/nothing', '/readyz', '/metrics', '/docs/json', '/docs/']) {
      const answer = await api.app.inject({ url, headers });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.json()).toMatchObject({ code: 'UNAUTHORIZED' });
    }
  });

  test.each([
    'Bearer correct horse',
    'bearer  correct horse ',
    `Bearer ${texts.wall}`,
    `Bearer ${texts.ops}`,
  ])('%j opens everything', async (authorization) => {
    for (const url of ['/api/v1/machines', '/readyz', '/metrics', '/docs/json']) {
      expect((await api.app.inject({ url, headers: { authorization } })).statusCode).toBe(200);
    }
  });

  test('is not needed for /healthz only', async () => {
    expect((await api.app.inject('/healthz')).statusCode).toBe(200);
    expect((await api.app.inject('/healthz/')).statusCode).toBe(401);
    expect((await api.app.inject('/nothing?x=/healthz')).statusCode).toBe(401);
  });

  test('names who asked', async () => {
    await addMachine(api, 'alpha');
    const created = await addBundle(api, 'demo').catch(() => undefined);
    expect(created).toBeUndefined();
    const upload = await api.app.inject({
      method: 'PUT',
      url: '/api/v1/artifacts/a.txt',
      headers: { ...bearer(texts.ops), 'content-type': 'application/octet-stream' },
      payload: 'a',
    });
    const files = [{ name: 'A.TXT', sha256: upload.json<{ sha256: string }>().sha256 }];
    await api.operations.createBundle({ name: 'demo', files, engine: 'auto' });
    const deployed = await api.app.inject({
      method: 'POST',
      url: '/api/v1/deploy',
      headers: bearer(texts.ops),
      payload: { bundle: 'demo', machines: 'all' },
    });
    expect(deployed.json()).toMatchObject({ requestedBy: 'ops' });
  });

  test('is in no answer and no log', async () => {
    for (const word of [...Object.values(texts), 'nearly-right-word']) {
      for (const url of ['/api/v1/machines', '/docs/json', '/metrics', '/nothing', `/api/v1/machines/%ZZ`]) {
        const answer = await api.app.inject({ url, headers: bearer(word) });
        expect(answer.body + JSON.stringify(answer.headers)).not.toContain(word);
      }
    }
    expect(api.logged.join('')).not.toMatch(/correct.horse|wall-display-word|nearly-right/);
  });
});

describe('the role view', () => {
  let closed: TestApi;
  beforeAll(async () => {
    closed = await openTestApi({ config: { tokens } });
  });
  afterAll(() => closed.close());
  const values = { name: 'x', id: 1, version: 1, filename: 'a.bin', sha256: '0'.repeat(64) };

  test.each(Object.entries(routes).map(([name, { method, path }]) => [name, method, path] as const))(
    'may %s only if that is a GET',
    async (_name, method, path) => {
      // Streams of events would not end.
      if (path.endsWith('/events')) return;
      const url = fillPath(path, values);
      const answer = await closed.app.inject({ method, url, headers: bearer(texts.wall) });
      const code = answer.headers['content-type']?.toString().includes('problem')
        ? answer.json<{ code: string }>().code
        : '';
      expect(code === 'FORBIDDEN_FOR_ROLE').toBe(method !== 'GET');
      if (method !== 'GET') expect(answer.statusCode).toBe(403);
    },
  );

  test('may follow events', async () => {
    const answer = await closed.app.inject({
      url: '/api/v1/runs/1/events',
      headers: bearer(texts.wall),
    });
    expect(answer.json()).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('wrong tokens', () => {
  test('beyond ten in a minute are refused with the time to wait, and so is a right one', async () => {
    const ask = (word: string) => api.app.inject({ url: '/api/v1/machines', headers: bearer(word) });
    for (let count = 0; count < 10; count++) expect((await ask(`wrong ${count}`)).statusCode).toBe(401);
    for (const word of ['wrong again', texts.ops]) {
      const answer = await ask(word);
      expect(answer.statusCode).toBe(429);
      expect(answer.json()).toMatchObject({ code: 'TOO_MANY_TRIES' });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect((await api.app.inject('/healthz')).statusCode).toBe(200);
    expect((await api.app.inject('/api/v1/machines')).statusCode).toBe(401);
    const elsewhere = await api.app.inject({
      url: '/api/v1/machines',
      headers: bearer(texts.ops),
      remoteAddress: '10.0.0.7',
    });
    expect(elsewhere.statusCode).toBe(200);
  });

  test('are forgiven after a minute', () => {
    let nowMs = 1_000;
    const tries = new WrongTries(() => nowMs);
    for (let count = 0; count < 10; count++) tries.note('a');
    expect([tries.waitSeconds('a'), tries.waitSeconds('b')]).toEqual([60, 0]);
    nowMs += 59_500;
    expect(tries.waitSeconds('a')).toBe(1);
    nowMs += 500;
    expect(tries.waitSeconds('a')).toBe(0);
    tries.note('a');
    expect(tries.waitSeconds('a')).toBe(0);
  });

  test.each([
    ['192.168.1.98', '192.168.1.98'],
    ['::ffff:192.168.1.98', '192.168.1.98'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:02::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['', ''],
  ])('of %j are counted for %j', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });

  test('of another address in the same IPv6 network count too', async () => {
    const wrong = { url: '/api/v1/machines', headers: bearer('wrong') };
    for (let count = 0; count < 10; count++) {
      await api.app.inject({ ...wrong, remoteAddress: `2001:db8:1:2::${count}` });
    }
    const right = { ...wrong, headers: bearer(texts.ops) };
    const neighbour = await api.app.inject({ ...right, remoteAddress: '2001:db8:1:2:ffff::1' });
    expect(neighbour.statusCode).toBe(429);
    expect((await api.app.inject({ ...right, remoteAddress: '2001:db8:1:3::1' })).statusCode).toBe(200);
  });

  test('of very many addresses fill no memory: the oldest are forgotten', () => {
    const tries = new WrongTries(() => 0);
    for (let count = 0; count < 10; count++) tries.note('first');
    for (let count = 0; count < 10_000; count++) tries.note(`other ${count}`);
    expect(tries.waitSeconds('first')).toBe(0);
  });
});
