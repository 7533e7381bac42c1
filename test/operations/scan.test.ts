import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { TestFleet } from '../support/test-fleet.ts';

/** Something that listens at 127.0.98.x, says this, and tells what it heard. */
async function listen(
  host: string,
  port: number,
  greeting: string,
): Promise<{ server: Server; heard: () => string }> {
  let heard = '';
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => (heard += bytes.toString()));
    socket.write(greeting);
  });
  server.listen(port, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { server, heard: () => heard };
}

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};

test('lists who greets as an FTP server does, and which of them is known; the others stay unmentioned', async () => {
  await using fleet = await TestFleet.start();
  const { server, heard } = await listen('127.0.98.2', 0, '220-War-FTPD 1.65\r\n220 more\r\n');
  const port = portOf(server);
  await listen('127.0.98.3', port, 'SSH-2.0-dropbear\r\n');
  await listen('127.0.98.4', port, '');
  await listen('127.0.98.5', port, `220 ${'x'.repeat(5000)}\r\n`);
  const known = { name: 'attic', host: '127.0.98.2', port, user: 'x', labels: {} };
  await fleet.operations.registerMachine(known);
  const found = await fleet.operations.scan({ network: '127.0.98.0/28', port });
  expect(found).toMatchObject([
    { address: '127.0.98.2', port, greeting: 'War-FTPD 1.65', name: 'attic' },
    { address: '127.0.98.5', greeting: expect.stringMatching(/^x{1,200}$/) },
  ]);
  expect(heard()).toBe('QUIT\r\n');
});

test('does not look into networks that are large, or not allowed', async () => {
  await using fleet = await TestFleet.start();
  const { operations } = fleet;
  await expect(operations.scan({ network: '127.0.0.0/16', port: 21 })).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  });
  await expect(operations.scan({ network: '10.1.2.0/30', port: 21 })).rejects.toMatchObject({
    code: 'ADDRESS_NOT_ALLOWED',
  });
});
