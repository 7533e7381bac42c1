import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArtifactPage } from '../../src/contract/artifacts.ts';
import { DomainError } from '../../src/domain/errors.ts';
import { eventually, exchange, listen, openTestApi, type TestApi } from './support.ts';

const maxArtifactBytes = 8_000_000;
let api: TestApi;
let url: string;
let port: number;
const failures: unknown[] = [];

beforeAll(async () => {
  api = await openTestApi({
    config: { maxArtifactBytes },
    replace: (real) => ({
      receiveArtifact: async (filename, source, expectedBytes) => {
        if (filename === 'full.bin') throw new DomainError('DISK_FULL', 'no room');
        try {
          return await real.receiveArtifact(filename, source, expectedBytes);
        } catch (thrown) {
          failures.push(thrown);
          throw thrown;
        }
      },
    }),
  });
  ({ url, port } = await listen(api.app));
});
afterAll(() => api.close());

const octets = { 'content-type': 'application/octet-stream' };
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const put = (name: string, payload: Buffer, headers: Record<string, string> = octets) =>
  api.app.inject({ method: 'PUT', url: `/api/v1/artifacts/${encodeURIComponent(name)}`, payload, headers });

/** Over a socket, in chunks, its length not known. */
const send = (name: string, pieces: Iterable<Uint8Array>): Promise<Response> =>
  fetch(`${url}/api/v1/artifacts/${name}`, {
    method: 'PUT',
    headers: octets,
    body: ReadableStream.from(pieces),
    duplex: 'half',
  });

describe('an upload', () => {
  test('says what came, and that it knows it the second time', async () => {
    const bytes = Buffer.from('echo off\r\n');
    const first = await put('GO.BAT', bytes);
    const expected = {
      sha256: sha256Of(bytes),
      crc32: crc32(bytes).toString(16).toUpperCase().padStart(8, '0'),
      sizeBytes: bytes.length,
      filename: 'GO.BAT',
      kind: expect.any(String),
      facts: expect.any(Object),
      createdAt: expect.stringMatching(/Z$/),
    };
    expect([first.statusCode, first.json()]).toEqual([201, expected]);
    const second = await put('OTHER.BAT', bytes);
    expect([second.statusCode, second.json()]).toEqual([200, expected]);
  });

  test('without a type, as `curl -T` sends it, is taken; JSON is not parsed', async () => {
    const bytes = Buffer.from('{"not": json');
    const answer = await exchange(
      port,
      `PUT /api/v1/artifacts/x.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${bytes.length}\r\n\r\n${bytes.toString()}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 201/);
    expect(answer).toContain(sha256Of(bytes));
  });

  test('of an empty file is taken', async () => {
    expect((await put('EMPTY', Buffer.alloc(0))).json()).toMatchObject({ sizeBytes: 0, crc32: '00000000' });
  });

  test.each(['a/b', 'a\\b', '..', '.', 'a\nb', 'a\u0000b', 'x'.repeat(201)])(
    'named %j is refused',
    async (name) => {
      const answer = await put(name, Buffer.from('x'));
      expect(answer.statusCode).toBeGreaterThanOrEqual(400);
      expect(answer.statusCode).toBeLessThan(500);
    },
  );

  test('in chunks of unknown length comes through a socket whole', async () => {
    const piece = Buffer.alloc(100_000, 'fleet98 ');
    const pieces = Array.from({ length: 50 }, () => piece);
    const answer = await send('large.bin', pieces);
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({
      sizeBytes: 5_000_000,
      sha256: sha256Of(Buffer.concat(pieces)),
    });
  });

  test('of 5 GB is refused by its length alone', async () => {
    const answer = await exchange(
      port,
      'PUT /api/v1/artifacts/huge.bin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: 5000000000\r\n\r\n',
      (text) => text.includes('}'),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413/);
    expect(answer).toContain('BODY_TOO_LARGE');
  });

  test('that is too large is refused with an answer even while the client goes on sending', async () => {
    const piece = Buffer.alloc(64 * 1024);
    const answer = await send(
      'endless.bin',
      (function* () {
        for (;;) yield piece;
      })(),
    );
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({
      code: 'BODY_TOO_LARGE',
      detail: expect.stringContaining('8000000'),
    });
  });

  test('that is too large and then stalls is answered, and its connection closed', async () => {
    const head =
      'PUT /api/v1/artifacts/stalled.bin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunk = `${(9_000_000).toString(16)}\r\n${' '.repeat(maxArtifactBytes + 1000)}`;
    expect(await exchange(port, head + chunk)).toMatch(/^HTTP\/1\.1 413/);
  });

  test('that the operation refuses at once is answered', async () => {
    const answer = await put('full.bin', Buffer.alloc(100_000));
    expect([answer.statusCode, answer.json()]).toEqual([507, expect.objectContaining({ code: 'DISK_FULL' })]);
  });

  test.each([
    ['with a length', 'Content-Length: 1000\r\n\r\nhalf'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('that is cut, %s, ends as UPLOAD_CUT and leaves nothing', async (_how, rest) => {
    failures.length = 0;
    const before = (await api.app.inject('/api/v1/artifacts?limit=200')).json<ArtifactPage>().items.length;
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `PUT /api/v1/artifacts/cut.bin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n${rest}`,
      () => setImmediate(() => socket.resetAndDestroy()),
    );
    await eventually(() => failures.length > 0);
    expect(failures).toEqual([expect.objectContaining({ code: 'UPLOAD_CUT' })]);
    expect((await api.app.inject('/api/v1/artifacts?limit=200')).json<ArtifactPage>().items).toHaveLength(
      before,
    );
  });
});

describe('a download', () => {
  const html = Buffer.from('<script>alert(1)</script>\u001b[2J\u0000');

  test('gives the exact bytes, as a file that no browser runs', async () => {
    await put('naïve "name"; x.html', html);
    const answer = await api.app.inject(`/api/v1/artifacts/${sha256Of(html)}/content`);
    expect(answer.rawPayload).toEqual(html);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(html.length),
      'content-disposition': `attachment; filename="na_ve__name___x.html"; filename*=UTF-8''na%C3%AFve%20%22name%22%3B%20x.html`,
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    });
  });

  test('that is only asked about has the headers and no body', async () => {
    const answer = await api.app.inject({
      method: 'HEAD',
      url: `/api/v1/artifacts/${sha256Of(html)}/content`,
    });
    expect([answer.statusCode, answer.headers['content-length'], answer.body]).toEqual([
      200,
      String(html.length),
      '',
    ]);
  });

  test('of what is not there is NOT_FOUND', async () => {
    const answer = await api.app.inject(`/api/v1/artifacts/${'0'.repeat(64)}/content`);
    expect([answer.statusCode, answer.json()]).toEqual([404, expect.objectContaining({ code: 'NOT_FOUND' })]);
    expect(answer.headers['content-disposition']).toBeUndefined();
  });
});

test('the list pages and filters', async () => {
  const { items, next } = (await api.app.inject('/api/v1/artifacts?limit=2')).json<ArtifactPage>();
  expect(items).toHaveLength(2);
  const rest = (await api.app.inject(`/api/v1/artifacts?limit=200&after=${next}`)).json<ArtifactPage>();
  expect(rest.items.map(({ sha256 }) => sha256)).not.toContain(items[0]?.sha256);
  expect(rest.next).toBeUndefined();
  const none = (await api.app.inject('/api/v1/artifacts?kind=tokenizer')).json<ArtifactPage>();
  expect(none.items).toEqual([]);
});
