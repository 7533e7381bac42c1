import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SseClient } from '../api/sse-client.ts';
import { waitFor } from '../support/wait-for.ts';
import { ServeProcess } from '../support/serve-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleet98-stop-'));
const sockets = new Set<Socket>();
/** What answers there takes commands and says nothing: a machine that hangs. */
const silent = createServer((socket) => {
  sockets.add(socket.on('error', () => undefined));
  socket.write('220 ready\r\n');
});
let silentPort = 0;

beforeAll(async () => {
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const address: AddressInfo | string | null = silent.address();
  silentPort = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
  rmSync(folder, { recursive: true, force: true });
});

const json = (body: object) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** A daemon with all that could hold it up: a listener, a request that waits for a machine, an upload that stalls. */
async function busyDaemon(name: string) {
  const serve = new ServeProcess(join(folder, name), { FLEET98_LOG_LEVEL: 'error' });
  const url = (await serve.listening) ?? '';
  const events = new SseClient(`${url}/api/v1/events`);
  await waitFor('the event stream', () => events.text.startsWith(':ok'));
  await fetch(`${url}/api/v1/machines`, json({ name: 'silent', host: '127.0.0.1', port: silentPort }));
  const seen = sockets.size;
  const probe = fetch(`${url}/api/v1/machines/silent/probe`, json({})).catch((error: unknown) => error);
  await waitFor('a probe that waits', () => sockets.size > seen);
  const stall = new AbortController();
  const upload = fetch(`${url}/api/v1/artifacts/half.bin`, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1000)) }),
    duplex: 'half',
    signal: stall.signal,
  }).catch((error: unknown) => error);
  const incoming = join(folder, name, 'artifacts', 'tmp');
  await waitFor('an upload that stalls', () => readdirSync(incoming).length > 0);
  return { serve, url, events, probe, upload, stall };
}

test('the first SIGTERM ends all in order, whatever waits: the exit code is 0', async () => {
  const { serve, url, events, probe, upload, stall } = await busyDaemon('once');
  serve.signal('SIGTERM');
  // Exit code 1 would be the end by the time limit.
  expect(await serve.exit).toEqual({ code: 0, signal: null });
  await waitFor('the end of the event stream', () => events.isClosed);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  stall.abort();
  await Promise.all([probe, upload]);
  expect(serve.stderr).not.toMatch(/killed by timeout|unhandled/i);
}, 120_000);

test('the second SIGTERM ends the daemon where it is', async () => {
  const { serve, events, probe, upload, stall } = await busyDaemon('twice');
  serve.signal('SIGTERM');
  await waitFor('the end of the event stream', () => events.isClosed);
  serve.signal('SIGTERM');
  expect(await serve.exit).toEqual({ code: 1, signal: null });
  stall.abort();
  await Promise.all([probe, upload]);
}, 120_000);

test('a daemon that cannot start anew ends with code 1 and says why in one line', async () => {
  const dataDir = join(folder, 'other');
  const serve = new ServeProcess(dataDir, { FLEET98_LOG_LEVEL: 'fatal' });
  const url = (await serve.listening) ?? '';
  const backup = await fetch(`${url}/api/v1/backup`, json({}));
  const tar = await backup.arrayBuffer();
  writeFileSync(join(dataDir, 'key'), 'half a key');
  const restored = await fetch(`${url}/api/v1/restore`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: tar,
  });
  expect(restored.status).toBe(202);
  expect(await serve.exit).toEqual({ code: 1, signal: null });
  const lines = serve.stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 60,
    code: 'STORE_DAMAGED',
    msg: expect.stringMatching(/^the daemon could not start anew: /),
  });
}, 120_000);
