import { expect, test } from 'vitest';
import { cli, fakeDaemon, json } from './support.ts';

test.each([
  ['cancel', 'canceling', 'run 7 on old is canceling\n'],
  ['abandon', 'failed', 'run 7 on old is failed\n'],
])('runs %s says what became of the run', async (verb, state, text) => {
  const run = { id: 7, machine: 'old', bundle: 'demo@1', state, flags: [] };
  await using daemon = await fakeDaemon((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(run));
  });
  const { url } = daemon;
  expect(await cli(['runs', verb, '7'], { url })).toMatchObject({ exitCode: 0, stdout: text });
  const asJson = await cli(['runs', verb, '7', '--json'], { url });
  expect(JSON.parse(asJson.stdout)).toEqual(run);
  expect(daemon.asked.map(({ method, path }) => [method, path])).toEqual([
    ['POST', `/api/v1/runs/7/${verb}`],
    ['POST', `/api/v1/runs/7/${verb}`],
  ]);
  expect((await cli(['runs', verb, 'seven'], { url })).exitCode).toBe(2);
});

const log =
  '#fleet98 1 0000ABCD 0123456789ABCDEF clock=test step_us=1000 boot=1\n@0 o 5\nOnce \n@1 o 4\nmore\n';

test('logs -f goes on where it was when the daemon comes back', async () => {
  const half = 80;
  let asked = 0;
  await using daemon = await fakeDaemon(({ path }, response) => {
    asked += 1;
    // Each question is asked twice before a daemon counts as away.
    if (asked > 2 && asked < 7) response.destroy();
    else if (path.includes('/log'))
      response.end(path.endsWith('from=0') ? log.slice(0, half) : log.slice(half));
    else json(response, 200, { id: 7, state: asked < 7 ? 'running' : 'succeeded' });
  });
  expect(await cli(['logs', '7', '-f'], { url: daemon.url })).toMatchObject({
    exitCode: 0,
    stdout: 'Once more',
  });
  expect(daemon.asked.at(-1)?.path).toBe(`/api/v1/runs/7/log?from=${half}`);
});

test('what is set has the type that the newest version of the bundle gives it', async () => {
  const [older, newer] = ['text', 'integer'].map((type) => ({
    command: { args: [{ name: 'depth', type }] },
  }));
  await using daemon = await fakeDaemon(({ method, path }, response) => {
    if (method === 'POST') json(response, 202, { runs: [] });
    else if (path.includes('after=')) json(response, 200, { items: [newer] });
    else json(response, 200, { items: [older], next: 'more' });
  });
  await cli(['run', 'demo', 'p2', '--set', 'depth=3', '--detach'], { url: daemon.url });
  expect(JSON.parse(daemon.asked.at(-1)?.body ?? '')).toMatchObject({ parameters: { depth: 3 } });
});
