import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { SseHub, sseDefaults, type SseHubOptions } from '../../src/api/sse-hub.ts';
import { SseClient } from './sse-client.ts';
import { eventually, portOf } from './support.ts';

const open: { hub: SseHub; server: Server }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const { hub, server } of open.splice(0)) {
    hub.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server that has every request subscribe to the hub. */
async function serve(options: Partial<SseHubOptions>): Promise<{ hub: SseHub; port: number }> {
  const hub = new SseHub({ ...sseDefaults, ...options });
  const server = createServer((_request, raw) => {
    hub.subscribe(
      hub.open({ raw, hijack: () => undefined, getHeaders: () => ({ 'x-test': 'yes' }) }),
      undefined,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({ hub, server });
  return { hub, port: portOf(server) };
}

test('what is published within one batch goes out in one piece, the same to all', async () => {
  const { hub, port } = await serve({ batchMs: 20 });
  const clients = [new SseClient(`http://127.0.0.1:${port}/`), new SseClient(`http://127.0.0.1:${port}/`)];
  await eventually(() => hub.size === 2 && clients.every(({ text }) => text !== ''));
  for (let at = 0; at < 5; at += 1) hub.publish('log', { at });
  expect(clients.map(({ text }) => text)).toEqual([':ok\n\n', ':ok\n\n']);
  await eventually(() => clients.every(({ events }) => events.length > 0));
  expect(clients[0]?.events).toHaveLength(5);
  expect(clients[1]?.events).toEqual(clients[0]?.events);
});

test('a client that does not read is dropped, and no other', async () => {
  const { hub, port } = await serve({ batchMs: 1 });
  const quick = new SseClient(`http://127.0.0.1:${port}/`);
  const slow = connect(port, '127.0.0.1', () => slow.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
  sockets.push(slow);
  slow.pause();
  slow.on('error', () => undefined);
  await eventually(() => hub.size === 2);
  const filler = 'x'.repeat(100_000);
  let published = 0;
  await eventually(() => {
    hub.publish('log', { filler });
    published += 1;
    return hub.size === 1;
  });
  hub.publish('log', { last: true });
  await eventually(() => quick.events.length === published + 1);
  expect(quick.isClosed).toBe(false);
});

test('heartbeats go to every stream', async () => {
  const { port } = await serve({ heartbeatMs: 5 });
  const client = new SseClient(`http://127.0.0.1:${port}/`);
  await eventually(() => client.text.startsWith(':ok\n\n:\n\n:\n\n'));
});

test('what waits in a batch is sent before the hub closes, and nobody is taken afterwards', async () => {
  const { hub, port } = await serve({ batchMs: 60_000 });
  const early = new SseClient(`http://127.0.0.1:${port}/`);
  await eventually(() => early.text !== '');
  hub.publish('log', { last: true });
  hub.close();
  await eventually(() => early.isClosed);
  expect(early.events.map(({ data }) => data)).toEqual([{ last: true }]);
  const late = new SseClient(`http://127.0.0.1:${port}/`);
  await eventually(() => late.isClosed);
  expect([late.text, hub.size]).toEqual([':ok\n\n', 0]);
});
