import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that systems give to whoever asks for any. */
const LOWEST = 15_000;
const HIGHEST = 30_000;
const TRIES = 200;

/** The first of so many free loopback ports in a row. They stay free unless somebody takes one: then ask again. */
export async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const first = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST - count));
    if (await areFree(first, count)) return first;
  }
  throw new Error(`there are no ${count} free ports in a row`);
}

async function areFree(first: number, count: number): Promise<boolean> {
  for (let port = first; port < first + count; port += 1) {
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    } catch {
      return false;
    } finally {
      server.close();
    }
  }
  return true;
}
