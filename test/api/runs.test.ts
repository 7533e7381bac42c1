import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Run as RunAnswer, RunPage, RunsStarted } from '../../src/contract/runs.ts';
import type { Bundle } from '../../src/domain/bundle.ts';
import type { Machine } from '../../src/domain/machine.ts';
import { addBundle, addMachine, addRun, logOf, openTestApi, type TestApi } from './support.ts';

let api: TestApi;
let bundle: Bundle;
let machine: Machine;
beforeAll(async () => {
  api = await openTestApi();
  bundle = await addBundle(api, 'demo');
  machine = await addMachine(api, 'alpha');
});
afterAll(() => api.close());

const post = (url: string, payload: object = {}) =>
  api.app.inject({ method: 'POST', url: `/api/v1${url}`, payload });
const get = (url: string) => api.app.inject(`/api/v1${url}`);

const figure = (value: number, source: 'engine' | 'agent') => ({
  value,
  source,
  clock: 'GetTickCount',
  stepMs: 55,
});

describe('a run', () => {
  test('of a bundle that is not on the machine is refused, unless it may be deployed', async () => {
    const asked = { bundle: 'demo', machines: { names: ['alpha'] } };
    const refused = await post('/run', asked);
    expect([refused.statusCode, refused.json().code]).toEqual([409, 'NOT_DEPLOYED']);
    const accepted = await post('/run', { ...asked, deploy: true, limits: { limitSeconds: 60 } });
    expect(accepted.statusCode).toBe(202);
    const [run] = accepted.json<RunsStarted>().runs;
    expect(accepted.headers['location']).toBe(`/api/v1/runs/${run?.id}`);
    expect(run).toEqual({
      id: expect.any(Number),
      machine: 'alpha',
      bundle: 'demo@1',
      parameters: {},
      limits: { limitSeconds: 60, quietSeconds: 0, logMaxBytes: 8_388_608 },
      state: 'queued',
      flags: [],
      simulated: false,
      cancelRequested: false,
      requestedBy: 'local',
      createdAt: expect.stringMatching(/Z$/),
    });
    expect((await get(`/runs/${run?.id}`)).json()).toEqual(run);
  });

  test('that has ended shows its text and figures; the rate is the engine’s where it has one', async () => {
    const run = await addRun(api, machine, bundle);
    const timing = {
      ttftMs: figure(120, 'agent'),
      wallMs: figure(9000, 'agent'),
      intervalTokensPerSecond: figure(39.31, 'agent'),
    };
    await api.store.runs.move(run.id, 'start', {}, 'take', 6000);
    await api.store.runs.move(
      run.id,
      'ended',
      { text: 'Once\u001b[2J', tokens: 2, timing, pid: 77 },
      undefined,
      7000,
    );
    const end = { reason: 'exited', exitCode: 3, logCut: false, kept: [] };
    const failed = {
      code: 'ENGINE_FAILED',
      detail: 'exit code 3',
      end,
      flags: ['log-cut' as const],
      engine: 'llama2c',
    };
    await api.store.runs.move(run.id, 'fail', failed, undefined, 8000);
    const shown = (await get(`/runs/${run.id}`)).json<RunAnswer>();
    expect(shown).toMatchObject({
      state: 'failed',
      code: 'ENGINE_FAILED',
      detail: 'exit code 3',
      engine: 'llama2c',
      text: 'Once\u001b[2J',
      tokens: 2,
      tokensPerSecond: 39.31,
      ttftMs: 120,
      wallMs: 9000,
      timing,
      exitCode: 3,
      reason: 'exited',
      flags: ['log-cut'],
      pid: 77,
      startedAt: expect.stringMatching(/Z$/),
      endedAt: new Date(8000).toISOString(),
    });
    await api.store.runs.update(run.id, {
      timing: { ...timing, reportedTokensPerSecond: figure(35.9, 'engine') },
    });
    expect((await get(`/runs/${run.id}`)).json()).toMatchObject({ tokensPerSecond: 35.9 });
    const listed = (await get('/runs?state=failed')).json<RunPage>().items;
    expect(listed).toHaveLength(1);
    expect(listed[0]).not.toHaveProperty('text');
  });

  test('is canceled once', async () => {
    const run = await addRun(api, machine, bundle);
    const canceled = await post(`/runs/${run.id}/cancel`);
    expect([canceled.statusCode, canceled.json().state]).toEqual([202, 'canceled']);
    expect((await post(`/runs/${run.id}/cancel`)).json()).toMatchObject({ code: 'ALREADY_ENDED' });
    expect((await post('/runs/999/cancel')).json()).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('is found by machine, bundle, state and time, page by page, newest first', async () => {
    const other = await addMachine(api, 'beta');
    for (let number = 0; number < 5; number += 1) await addRun(api, other, bundle, 1_000_000 + number * 1000);
    const page = (await get('/runs?machine=beta&limit=3')).json<RunPage>();
    const rest = (await get(`/runs?machine=beta&limit=3&after=${page.next}`)).json<RunPage>();
    expect(rest).not.toHaveProperty('next');
    const times = [...page.items, ...rest.items].map((run) => Date.parse(run.createdAt));
    expect(times).toEqual([1_004_000, 1_003_000, 1_002_000, 1_001_000, 1_000_000]);
    const since = new Date(1_001_000).toISOString();
    const until = new Date(1_002_000).toISOString();
    expect(
      (await get(`/runs?machine=beta&bundle=demo&since=${since}&until=${until}`)).json().items,
    ).toHaveLength(2);
    expect((await get('/runs?machine=beta&state=lost')).json()).toEqual({ items: [] });
    expect((await get('/runs?machine=nobody')).json()).toMatchObject({ code: 'NOT_FOUND' });
    expect((await get('/runs?bundle=nothing')).json()).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a log', () => {
  const hostile = logOf([
    '<script>alert(1)</script>\u001b[2J\u0000',
    Buffer.from([0xff, 0xfe, 0x0d, 0x0a]),
    '\u009b31m',
  ]);

  test('of hostile bytes arrives intact and is a file that no browser runs', async () => {
    const run = await addRun(api, machine, bundle);
    await api.store.runLogs.append(run.id, 0, hostile.subarray(0, 100));
    await api.store.runLogs.append(run.id, 100, hostile.subarray(100));
    const answer = await get(`/runs/${run.id}/log`);
    expect(answer.rawPayload).toEqual(hostile);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(hostile.length),
      'content-disposition': `attachment; filename="run-${run.id}.log"; filename*=UTF-8''run-${run.id}.log`,
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    });
    expect((await get(`/runs/${run.id}/log?from=100`)).rawPayload).toEqual(hostile.subarray(100));
    for (const from of [hostile.length, hostile.length + 1, 999_999]) {
      const end = await get(`/runs/${run.id}/log?from=${from}`);
      expect([end.statusCode, end.rawPayload.length]).toEqual([200, 0]);
    }
  });

  test('of many reads comes whole', async () => {
    const run = await addRun(api, machine, bundle);
    const large = Buffer.alloc(300_000, '0123456789');
    await api.store.runLogs.append(run.id, 0, large);
    expect((await get(`/runs/${run.id}/log?from=1`)).rawPayload.equals(large.subarray(1))).toBe(true);
  });

  test('of a run that has none is empty, of no run NOT_FOUND', async () => {
    const run = await addRun(api, machine, bundle);
    expect((await get(`/runs/${run.id}/log`)).rawPayload).toHaveLength(0);
    expect((await get('/runs/999/log')).json()).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('tokens', () => {
  test('come one JSON object per line, with the exact bytes where the text has not', async () => {
    const tokens = [
      { index: 0, atMs: 0, bytes: Buffer.from('Once'), text: 'Once' },
      { index: 1, atMs: 1.5, bytes: Buffer.from('\n"</script>\u0000'), text: '\n"</script>\u0000' },
      { index: 2, atMs: 2, bytes: Buffer.from([0xe2, 0x82]), text: '' },
      { index: 3, atMs: 3, bytes: Buffer.from([0xac]), text: '€' },
    ];
    const fake = await openTestApi({
      replace: () => ({
        tokenEvents: async function* () {
          yield* tokens;
        },
      }),
    });
    const run = await addRun(fake, await addMachine(fake, 'm'), await addBundle(fake, 'b'));
    const answer = await fake.app.inject(`/api/v1/runs/${run.id}/tokens`);
    const missing = await fake.app.inject('/api/v1/runs/99/tokens');
    await fake.close();
    expect(answer.headers).toMatchObject({
      'content-type': 'application/jsonl; charset=utf-8',
      'content-disposition': expect.stringContaining('attachment'),
      'x-content-type-options': 'nosniff',
    });
    const lines = answer.body.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { index: 0, atMs: 0, text: 'Once' },
      { index: 1, atMs: 1.5, text: '\n"</script>\u0000' },
      { index: 2, atMs: 2, text: '', base64: '4oI=' },
      { index: 3, atMs: 3, text: '€', base64: 'rA==' },
    ]);
    expect(missing.json()).toMatchObject({ code: 'NOT_FOUND' });
  });
});
