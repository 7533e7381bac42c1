import { expect, test } from 'vitest';
import { Client } from '../../src/cli/client.ts';
import { fakeDaemon } from './support.ts';

const work = { body: { bundle: 'demo', machines: 'all' } };

/** Breaks the first `broken` connections after the request has come; answers later ones. */
const breaking = (broken: number) => {
  let count = 0;
  return fakeDaemon((_asked, response) => {
    if ((count += 1) <= broken) response.socket?.destroy();
    else response.setHeader('content-type', 'application/json').end('{"runs": [], "items": []}');
  });
};

test.each(['deploy', 'run', 'createBenchmark'] as const)(
  '%s is asked again under the same key when the connection breaks',
  async (name) => {
    await using daemon = await breaking(1);
    const client = new Client(daemon.url);
    expect(await client.call(name, work)).toMatchObject({ runs: [] });
    const [first, second] = daemon.asked.map(({ headers }) => headers['idempotency-key']);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).toBe(first);
    await client.call(name, work);
    expect(daemon.asked.at(-1)?.headers['idempotency-key']).not.toBe(first);
  },
);

test('a question that changes nothing is asked again, once', async () => {
  await using daemon = await breaking(1);
  expect(await new Client(daemon.url).call('listRuns')).toMatchObject({ items: [] });
  await using broken = await breaking(9);
  await expect(new Client(broken.url).call('listRuns')).rejects.toThrow('broke');
  expect(broken.asked).toHaveLength(2);
});

test('a change without a key is not asked again', async () => {
  await using daemon = await breaking(1);
  const question = { body: { name: 'a', host: 'b' } };
  await expect(new Client(daemon.url).call('registerMachine', question)).rejects.toThrow('broke');
  expect(daemon.asked).toHaveLength(1);
});
