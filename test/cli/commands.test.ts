import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, fakeDaemon, json, type Asked } from './support.ts';

const problem = { code: 'NOT_FOUND', detail: 'there is no machine p3\u001b[2J', hint: 'Check the name.' };
const machine = {
  name: 'p2',
  state: 'ready',
  health: 'good',
  held: false,
  host: '192.168.0.9',
  port: 21,
  user: 'fleet',
  labels: {},
  simulated: false,
  agent: {
    agent: 'agent98',
    version: '1',
    build: 'x',
    os: 'Windows 98\u0007',
    cpu: 'Pentium II',
    clock: 'x',
  },
};
const run = {
  id: 7,
  machine: 'p2',
  bundle: 'a@1',
  state: 'queued',
  flags: [],
  parameters: {},
  simulated: true,
};
const endedRun = { ...run, state: 'succeeded', tokens: 2, tokensPerSecond: 35.86, ttftMs: 120, exitCode: 0 };

const deployment = (state: string, target: string) => ({
  id: 3,
  bundle: 'a@1',
  state,
  counts: { [target]: 1 },
  targets: [{ machine: 'p2', state: target, attempts: 0, bytesSent: 5, bytesTotal: 5 }],
});

const sse = (events: readonly [string, object, number?][]): string =>
  events
    .map(
      ([event, data, id]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n${id ? `id: ${id}\n` : ''}\n`,
    )
    .join('');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleet98-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

const bodyOf = (asked: Asked | undefined): unknown => JSON.parse(asked?.body ?? 'null');

describe('exit codes', () => {
  test('3 when no daemon answers, and it says what to do', async () => {
    const gone = await fakeDaemon(() => undefined);
    await gone[Symbol.asyncDispose]();
    const { exitCode, stdout, stderr } = await cli(['machine', 'list'], { url: gone.url });
    expect(exitCode).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain(`no daemon answers at ${gone.url}`);
    expect(stderr).toContain('fleet98 serve');
  });

  test.each([
    ['a page', 200, '<html>'],
    ['an error page', 502, 'Bad Gateway'],
    ['JSON of another kind', 500, '{"message":"no"}'],
  ])('3 when what answers is %s', async (_, status, body) => {
    await using other = await fakeDaemon((_asked, response) => response.writeHead(status).end(body));
    const { exitCode, stderr } = await cli(['machine', 'show', 'p2'], { url: other.url });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('not a fleet98 daemon');
  });

  test('1 when the daemon says no: code, detail and hint, harmless on a terminal', async () => {
    await using daemon = await fakeDaemon((_asked, response) => json(response, 404, problem));
    const { exitCode, stdout, stderr } = await cli(['machine', 'show', 'p3'], { url: daemon.url });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe('NOT_FOUND: there is no machine p3␛[2J\nCheck the name.\n');
  });

  test.each([
    [['nonsense']],
    [['runs', '--nonsense']],
    [['runs', 'seven']],
    [['machine', 'add', 'p2']],
    [['machine', 'set', 'p2']],
    [['deploy', 'a']],
    [['deploy', 'a', 'p2', '--all']],
    [['run', 'a', 'p2', '-n', 'many']],
    [['run', 'a', 'p2', '-t', 'hot']],
    [['deploy', 'a', '--label', 'novalue']],
    [['bundle', 'create', 'a']],
    [['bundle', 'create', 'a', '--spec', 'no-such.json']],
    [['artifact', 'put', 'no-such-file']],
    [['machine', 'list', '--url', 'ftp://x']],
    [[]],
  ])('2 for %j', async (argv) => {
    expect((await cli(argv, { url: 'http://127.0.0.1:1' })).exitCode).toBe(2);
  });

  test('0 for --version, which is the package’s', async () => {
    const { exitCode, stdout } = await cli(['--version']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('0 for --help', async () => {
    const { exitCode, stdout } = await cli(['run', '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('--temperature');
  });
});

describe('machine', () => {
  test('add registers and probes, with a password that is on no command line', async () => {
    await using daemon = await fakeDaemon((_asked, response) => json(response, 200, machine));
    const argv = [
      'machine',
      'add',
      'p2',
      '192.168.0.9',
      '--user',
      'fleet',
      '--password-stdin',
      '--label',
      'room=1',
    ];
    const { exitCode, stdout } = await cli(argv, {
      url: `${daemon.url}/`,
      token: 'sesame',
      stdin: 'geheim\n',
    });
    expect(exitCode).toBe(0);
    expect(daemon.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /api/v1/machines',
      'POST /api/v1/machines/p2/probe',
    ]);
    expect(bodyOf(daemon.asked[0])).toEqual({
      name: 'p2',
      host: '192.168.0.9',
      user: 'fleet',
      password: 'geheim',
      labels: { room: '1' },
    });
    expect(daemon.asked[0]?.headers.authorization).toBe('Bearer sesame');
    expect(stdout).toContain('Windows 98␇, Pentium II');
    expect(stdout).toContain('Next: ');
  });

  test('add says that it is registered when the probe fails, and exits with 1', async () => {
    await using daemon = await fakeDaemon(({ path }, response) =>
      path.endsWith('/probe') ? json(response, 503, problem) : json(response, 201, machine),
    );
    const { exitCode, stdout, stderr } = await cli(['machine', 'add', 'p2', 'h'], { url: daemon.url });
    expect(exitCode).toBe(1);
    expect(stdout).toContain('p2 is registered');
    expect(stderr).toContain('NOT_FOUND: there is no machine');
    expect(stderr).toContain('fleet98 machine probe p2');
  });

  test('list reads all pages', async () => {
    await using daemon = await fakeDaemon(({ path }, response) =>
      json(
        response,
        200,
        path.includes('after=2') ? { items: [{ ...machine, name: 'dx4' }] } : { items: [machine], next: '2' },
      ),
    );
    const { stdout } = await cli(['machine', 'list'], { url: daemon.url });
    expect(stdout).toMatch(/^NAME .*\np2 .*\ndx4 .*\n$/);
    const asJson = await cli(['machine', 'list', '--json', '--url', daemon.url]);
    expect(JSON.parse(asJson.stdout)).toHaveLength(2);
  });

  test.each([
    [['why', 'p2'], 'GET /api/v1/machines/p2/why'],
    [['machine', 'why', 'p2'], 'GET /api/v1/machines/p2/why'],
  ])('%j shows what to look at', async (argv, question) => {
    const report = { machine, transcript: ['> PASV', '< 500 what?\u0007'], advice: ['The cable.'] };
    await using daemon = await fakeDaemon((_asked, response) => json(response, 200, report));
    const { stdout } = await cli(argv, { url: daemon.url });
    expect(daemon.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([question]);
    expect(stdout).toContain('  < 500 what?␇\n');
    expect(stdout).toContain('  The cable.\n');
  });

  test.each([
    [['hold', 'p2'], 'POST /api/v1/machines/p2/hold', { held: true }],
    [['hold', 'p2', '--off'], 'POST /api/v1/machines/p2/hold', { held: false }],
    [
      ['set', 'p2', '--host', '10.0.0.1', '--password-stdin'],
      'PATCH /api/v1/machines/p2',
      { host: '10.0.0.1', password: 'geheim' },
    ],
    [['adopt', 'p2'], 'POST /api/v1/machines/p2/probe', { adopt: true }],
    [['probe', 'p2'], 'POST /api/v1/machines/p2/probe', {}],
  ])('%j', async (argv, question, body) => {
    await using daemon = await fakeDaemon((_asked, response) => json(response, 200, machine));
    expect((await cli(['machine', ...argv], { url: daemon.url, stdin: 'geheim\n' })).exitCode).toBe(0);
    expect(daemon.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([question]);
    expect(bodyOf(daemon.asked[0])).toEqual(body);
  });

  test('rm', async () => {
    await using daemon = await fakeDaemon((_asked, response) => response.writeHead(204).end());
    expect((await cli(['machine', 'rm', 'p2'], { url: daemon.url })).exitCode).toBe(0);
    expect(daemon.asked[0]?.method).toBe('DELETE');
  });
});

test('bundle create uploads its files and keeps the order of words and parameters', async () => {
  const path = join(folder, 'stories.bin');
  await writeFile(path, 'x'.repeat(300_000));
  const sha256 = createHash('sha256').update('x'.repeat(300_000)).digest('hex');
  const known = 'cd'.repeat(32);
  await using daemon = await fakeDaemon(({ method, body }, response) =>
    method === 'PUT'
      ? json(response, 201, { sha256: createHash('sha256').update(body).digest('hex') })
      : json(response, 201, { reference: 'a@1', files: [], createdAt: '', engine: 'auto', folder: 'B/1' }),
  );
  const argv = ['bundle', 'create', 'a', '--file', `MODEL.BIN=${path}`, '--file', `RUN.EXE=${known}`];
  argv.push('--exe', 'RUN.EXE', '--arg', 'MODEL.BIN', '--param', 'steps:integer:-n:256', '--arg', '-q');
  const { exitCode, stdout } = await cli(argv, { url: daemon.url });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('a@1');
  const [upload, creation] = daemon.asked;
  expect(upload).toMatchObject({ method: 'PUT', path: '/api/v1/artifacts/stories.bin' });
  expect(upload?.headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': '300000',
  });
  expect(bodyOf(creation)).toEqual({
    name: 'a',
    files: [
      { name: 'MODEL.BIN', sha256 },
      { name: 'RUN.EXE', sha256: known },
    ],
    command: {
      exe: 'RUN.EXE',
      args: ['MODEL.BIN', { name: 'steps', type: 'integer', flag: '-n', default: 256 }, '-q'],
      keep: [],
    },
    engine: 'auto',
  });
});

describe('deploy', () => {
  test.each([
    ['done', 'done', 0],
    ['failed', 'incompatible', 1],
  ])('waits for the end: %s', async (state, target, exitCode) => {
    await using daemon = await fakeDaemon(({ method }, response) =>
      json(
        response,
        200,
        method === 'POST' ? deployment('active', 'transferring') : deployment(state, target),
      ),
    );
    const outcome = await cli(['deploy', 'a', '--label', 'room=1'], { url: daemon.url });
    expect(outcome.exitCode).toBe(exitCode);
    expect(bodyOf(daemon.asked[0])).toEqual({ bundle: 'a', machines: { labels: { room: '1' } } });
    expect(outcome.stderr).toContain('p2: transferring, 100 %');
    expect(outcome.stdout).toBe(`deployment 3 of a@1 ${state}: 1 ${target}\n`);
  });
});

describe('run', () => {
  const bundles = {
    items: [{ command: { args: ['x', { name: 'depth', type: 'integer' }, { name: 'mode', type: 'text' }] } }],
  };
  test('streams the text, and goes on where a broken connection ended', async () => {
    await using daemon = await fakeDaemon(({ path, headers }, response) => {
      if (path === '/api/v1/run') return json(response, 202, { runs: [run] });
      if (path.startsWith('/api/v1/bundles')) return json(response, 200, bundles);
      if (!path.endsWith('/events')) return json(response, 200, endedRun);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (headers['last-event-id'] === '90') {
        return response.end(
          sse([
            ['token', { offset: 99, atMs: 2, text: ' upon\u001b' }, 99],
            ['end', endedRun],
          ]),
        );
      }
      response.write(`:ok\n\n${sse([['token', { offset: 90, atMs: 1, text: 'Once' }, 90]])}event: tok`);
      setImmediate(() => response.destroy());
      return undefined;
    });
    const argv = ['run', 'a', 'p2', '-i', 'Hi', '-n', '256', '-t', '0', '-s', '-3', '--set', 'depth=4'];
    const outcome = await cli([...argv, '--set', 'mode=7', '--deploy'], { url: daemon.url });
    expect(outcome).toMatchObject({ exitCode: 0, stdout: 'Once upon␛\n' });
    expect(outcome.stderr).toContain(
      'run 7 on p2 succeeded: 2 tokens, 35.9 tok/s, first after 120 ms, exit 0',
    );
    expect(bodyOf(daemon.asked.find(({ path }) => path === '/api/v1/run'))).toEqual({
      bundle: 'a',
      machines: { names: ['p2'] },
      parameters: { prompt: 'Hi', steps: 256, temperature: 0, seed: -3, depth: 4, mode: '7' },
      limits: {},
      deploy: true,
    });
  });

  test.each([
    ['succeeded', 0],
    ['failed', 1],
    ['timed-out', 1],
    ['canceled', 1],
  ])('that %s exits with %d, and says it in JSON', async (state, exitCode) => {
    const ended = { ...endedRun, state };
    await using daemon = await fakeDaemon(({ path }, response) => {
      if (path === '/api/v1/run') json(response, 202, { runs: [run] });
      else if (path.endsWith('/events')) response.end(sse([['end', ended]]));
      else json(response, 200, ended);
    });
    const outcome = await cli(['run', 'a', 'p2', '--json'], { url: daemon.url });
    expect(outcome.exitCode).toBe(exitCode);
    expect(JSON.parse(outcome.stdout)).toEqual({ runs: [ended] });
  });

  test('detached says how to go on', async () => {
    await using daemon = await fakeDaemon((_asked, response) => json(response, 202, { runs: [run] }));
    const { exitCode, stdout } = await cli(['run', 'a', '--all', '--detach'], { url: daemon.url });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('fleet98 logs 7 -f');
    expect(bodyOf(daemon.asked[0])).toMatchObject({ machines: 'all', deploy: false });
  });
});

describe('logs', () => {
  const log = '#fleet98 1 A B clock=x step_us=1 boot=1\n@1 o 5\nOnce\u001b\n@2 e 4\nbad\n\n@3 o 4\n up\r\n';

  test('shows each stream where it belongs', async () => {
    await using daemon = await fakeDaemon((_asked, response) => response.end(log));
    expect(await cli(['logs', '7'], { url: daemon.url })).toEqual({
      exitCode: 0,
      stdout: 'Once␛ up␍',
      stderr: 'bad\n',
    });
    expect((await cli(['logs', '7', '--raw'], { url: daemon.url })).stdout).toBe('Once\u001b up\r');
    const lines = (await cli(['logs', '7', '--json'], { url: daemon.url })).stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { atMs: 1, stream: 'out', text: 'Once\u001b' },
      { atMs: 2, stream: 'err', text: 'bad\n' },
      { atMs: 3, stream: 'out', text: ' up\r' },
    ]);
  });

  test('follows until the run has ended, each byte once', async () => {
    let looks = 0;
    await using daemon = await fakeDaemon(({ path }, response) => {
      if (!path.includes('/log')) {
        looks += 1;
        return json(response, 200, { ...run, state: looks > 1 ? 'succeeded' : 'running' });
      }
      const from = Number(new URL(path, 'http://x').searchParams.get('from'));
      return response.end(log.slice(from, looks > 1 ? undefined : 55));
    });
    const { stdout, stderr } = await cli(['logs', '7', '-f'], { url: daemon.url });
    expect({ stdout, stderr }).toEqual({ stdout: 'Once␛ up␍', stderr: 'bad\n' });
  });
});

test('runs lists what was asked for, and shows one', async () => {
  await using daemon = await fakeDaemon(({ path }, response) =>
    json(
      response,
      200,
      path.includes('?') ? { items: [endedRun], next: 'x' } : { ...endedRun, text: 'a\u001bb' },
    ),
  );
  const { stdout } = await cli(['runs', '--machine', 'p2', '--limit', '1'], { url: daemon.url });
  expect(stdout).toMatch(/^RUN .*\n +7 .*p2 \(sim\).*35\.9.*\n$/);
  expect(daemon.asked[0]?.path).toBe('/api/v1/runs?machine=p2&limit=1');
  expect(daemon.asked).toHaveLength(1);
  expect((await cli(['runs', '7'], { url: daemon.url })).stdout).toContain('a␛b\n');
});
