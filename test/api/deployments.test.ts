import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bundle as BundleAnswer, BundlePage } from '../../src/contract/bundles.ts';
import type { Deployment, DeploymentPage, ReceiptPage } from '../../src/contract/deployments.ts';
import type { Bundle } from '../../src/domain/bundle.ts';
import type { Machine } from '../../src/domain/machine.ts';
import { addBundle, addMachine, openTestApi, type TestApi } from './support.ts';

let api: TestApi;
let bundle: Bundle;
let machines: Machine[];
beforeAll(async () => {
  api = await openTestApi();
  bundle = await addBundle(api, 'demo');
  machines = [
    await addMachine(api, 'alpha'),
    await addMachine(api, 'beta'),
    await addMachine(api, 'gamma', 'new'),
  ];
});
afterAll(() => api.close());

const post = (url: string, payload: object = {}) =>
  api.app.inject({ method: 'POST', url: `/api/v1${url}`, payload });
const get = (url: string) => api.app.inject(`/api/v1${url}`);

const target = (machine: string) => ({
  machine,
  state: 'queued',
  attempts: 0,
  bytesSent: 0,
  bytesTotal: 0,
});
/** The test's machines are on hold, and a target says so while it waits. */
const held = (machine: string) => ({
  ...target(machine),
  code: 'MACHINE_HELD',
  detail: `${machine} is on hold`,
});

const codeOf = async (bundleName: string, selected: unknown) =>
  (await post('/deploy', { bundle: bundleName, machines: selected })).json().code;

describe('a bundle', () => {
  test('is created once, its next version when it changes, and shown by version', async () => {
    const [file] = bundle.files;
    const asked = {
      name: 'story',
      files: [{ name: 'RUN.SH', sha256: file?.sha256 }],
      command: {
        exe: 'RUN.SH',
        args: ['-n', { name: 'steps', flag: '-n', type: 'integer', min: 1, default: 16 }],
      },
    };
    const first = await post('/bundles', asked);
    expect([first.statusCode, first.headers['location']]).toEqual([201, '/api/v1/bundles/story/versions/1']);
    expect(first.json()).toEqual({
      reference: 'story@1',
      name: 'story',
      version: 1,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      folder: expect.stringMatching(/^B\/[0-9A-F]{8}$/),
      files: [{ name: 'RUN.SH', sha256: file?.sha256, sizeBytes: file?.sizeBytes, crc32: file?.crc32 }],
      command: { ...asked.command, keep: [] },
      engine: 'auto',
      createdAt: expect.stringMatching(/Z$/),
    });
    expect((await post('/bundles', asked)).statusCode).toBe(200);
    expect((await post('/bundles', { ...asked, engine: 'llama2c' })).json()).toMatchObject({
      reference: 'story@2',
    });
    expect((await get('/bundles/story/versions/1')).json()).toEqual(first.json());
    const { items } = (await get('/bundles?name=story')).json<BundlePage>();
    expect(items.map((item: BundleAnswer) => item.reference)).toEqual(['story@1', 'story@2']);
    expect((await get('/bundles/story/versions/9')).json()).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('of a file that was never uploaded is refused', async () => {
    const answer = await post('/bundles', { name: 'b', files: [{ name: 'A.EXE', sha256: '0'.repeat(64) }] });
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'ARTIFACT_MISSING']);
  });
});

describe('a deployment', () => {
  test('is accepted, shown, listed and canceled', async () => {
    const accepted = await post('/deploy', { bundle: 'demo', machines: { names: ['alpha', 'beta'] } });
    expect(accepted.statusCode).toBe(202);
    const { id } = accepted.json<Deployment>();
    expect(accepted.headers['location']).toBe(`/api/v1/deployments/${id}`);
    expect(accepted.json()).toEqual({
      id,
      bundle: 'demo@1',
      state: 'queued',
      requestedBy: 'local',
      createdAt: expect.stringMatching(/Z$/),
      counts: { queued: 2 },
      targets: [held('alpha'), held('beta')],
    });
    expect((await get(`/deployments/${id}`)).json()).toEqual(accepted.json());
    const listed = (await get('/deployments?machine=alpha&bundle=demo@1')).json<DeploymentPage>().items[0];
    expect(listed).toMatchObject({ id, state: 'queued', counts: { queued: 2 } });
    expect(listed).not.toHaveProperty('targets');

    const canceled = await post(`/deployments/${id}/cancel`);
    expect([canceled.statusCode, canceled.json<Deployment>().state]).toEqual([202, 'canceled']);
    expect((await post(`/deployments/${id}/cancel`)).json()).toMatchObject({
      code: 'ALREADY_ENDED',
      status: 409,
    });
    expect((await post('/deployments/999/cancel')).json()).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('under way says how far it is, and how a target failed', async () => {
    const { id } = (await post('/deploy', { bundle: 'demo', machines: 'all' })).json<Deployment>();
    const [alpha, beta] = machines;
    if (!alpha || !beta) throw new Error('two machines are needed');
    const figures = { bytesTotal: 1000, bytesSent: 250, bytesPerSecond: 50 };
    await api.store.deployments.moveTarget(id, alpha.id, 'start', {}, 'take', 10_000);
    await api.store.deployments.moveTarget(id, alpha.id, 'cleared', figures, undefined, 11_000);
    await api.store.deployments.moveTarget(
      id,
      beta.id,
      'fail',
      { code: 'DISK_FULL', detail: 'no room' },
      undefined,
      12_000,
    );
    const shown = (await get(`/deployments/${id}`)).json<Deployment>();
    expect(shown.state).toBe('active');
    expect(shown.counts).toEqual({ transferring: 1, failed: 1 });
    expect(shown.targets).toEqual([
      {
        ...target('alpha'),
        state: 'transferring',
        ...figures,
        etaSeconds: 15,
        startedAt: expect.any(String),
      },
      {
        ...target('beta'),
        state: 'failed',
        code: 'DISK_FULL',
        detail: 'no room',
        endedAt: new Date(12_000).toISOString(),
      },
    ]);
  });

  test('to what is not there or not ready is refused', async () => {
    expect(await codeOf('demo', { names: ['nobody'] })).toBe('NOT_FOUND');
    expect(await codeOf('nothing', 'all')).toBe('NOT_FOUND');
    expect(await codeOf('demo', { names: ['gamma'] })).toBe('MACHINE_NOT_READY');
    expect(await codeOf('demo', { labels: { room: 'none' } })).toBe('NOT_FOUND');
  });

  test('in a list filtered by what is not there is refused', async () => {
    expect((await get('/deployments?machine=nobody')).json()).toMatchObject({ code: 'NOT_FOUND' });
    expect((await get('/deployments?until=1970-01-01T00:00:00Z')).json()).toEqual({ items: [] });
  });
});

describe('a dry run', () => {
  test('says what would be sent, and saves nothing', async () => {
    const before = (await get('/deployments')).json();
    const answer = await post('/deploy?dryRun=true', { bundle: 'demo', machines: { names: ['alpha'] } });
    const [file] = bundle.files;
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      bundle: 'demo@1',
      bytesToSend: file?.sizeBytes,
      machines: [
        {
          machine: 'alpha',
          blocked: expect.any(Boolean),
          findings: expect.arrayContaining([
            { level: 'warn', code: 'AGENT_NEEDED', message: expect.any(String) },
          ]),
          files: [{ name: 'RUN.SH', sizeBytes: file?.sizeBytes, how: 'send' }],
          bytesToSend: file?.sizeBytes,
        },
      ],
    });
    expect((await get('/deployments')).json()).toEqual(before);
  });

  test.each([
    ['?dryRun=yes', 400, 'INVALID_REQUEST'],
    ['?dryrun=true', 400, 'INVALID_REQUEST'],
  ])('asked for as %s is refused', async (query, status, code) => {
    const answer = await post(`/deploy${query}`, { bundle: 'demo', machines: 'all' });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });
});

describe('files on a machine', () => {
  test.each([
    ['/machines/alpha/remove', { bundle: 'demo' }, 409, 'NOT_DEPLOYED'],
    ['/machines/alpha/remove', {}, 400, 'INVALID_REQUEST'],
    ['/machines/alpha/verify', { bundle: 'demo@1' }, 409, 'NOT_DEPLOYED'],
    ['/machines/alpha/verify', { bundle: 'demo@7' }, 404, 'NOT_FOUND'],
    ['/machines/nobody/verify', {}, 404, 'NOT_FOUND'],
    ['/machines/gamma/verify', {}, 409, 'MACHINE_NOT_READY'],
    ['/deployments/999/rollback', {}, 404, 'NOT_FOUND'],
  ])('%s %j: %d %s', async (path, body, status, code) => {
    const answer = await post(path, body);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  test('where nothing was placed, nothing is asked', async () => {
    expect((await post('/machines/alpha/verify')).json()).toEqual({
      machine: 'alpha',
      ok: true,
      bundles: [],
    });
  });

  test('a deployment that was placed nowhere cannot be rolled back', async () => {
    const { id } = (await post('/deploy', { bundle: 'demo', machines: 'all' })).json<Deployment>();
    expect((await post(`/deployments/${id}/rollback`)).json()).toMatchObject({ code: 'ROLLBACK_UNCLEAR' });
    await post(`/deployments/${id}/cancel`);
    expect((await post(`/deployments/${id}/rollback`)).json()).toMatchObject({
      status: 409,
      code: 'NO_OLDER_VERSION',
    });
  });
});

test('receipts name machine, bundle and method, newest first', async () => {
  const { id } = (
    await post('/deploy', { bundle: 'demo', machines: { names: ['alpha'] } })
  ).json<Deployment>();
  const [alpha] = machines;
  const [file] = bundle.files;
  if (!alpha || !file) throw new Error('a machine and a file are needed');
  const receipt = {
    machineId: alpha.id,
    machineName: 'alpha',
    deploymentId: id,
    bundleId: bundle.id,
    sizeBytes: file.sizeBytes,
    sha256: file.sha256,
    crc32: file.crc32,
    requestedBy: 'local',
  };
  await api.store.receipts.add([
    { ...receipt, path: 'B/1/RUN.SH', method: 'agent-crc', atMs: 1000 },
    { ...receipt, path: 'B/1/TWO.SH', method: 'size-only', atMs: 2000 },
  ]);
  const page = (await get(`/receipts?machine=alpha&deployment=${id}&limit=1`)).json<ReceiptPage>();
  expect(page.items).toEqual([
    {
      id: expect.any(Number),
      machine: 'alpha',
      machineId: alpha.id,
      deployment: id,
      bundle: 'demo@1',
      path: 'B/1/TWO.SH',
      sizeBytes: file.sizeBytes,
      sha256: file.sha256,
      crc32: file.crc32,
      method: 'size-only',
      proven: false,
      requestedBy: 'local',
      at: new Date(2000).toISOString(),
    },
  ]);
  const next = (
    await get(`/receipts?machine=alpha&deployment=${id}&limit=1&after=${page.next}`)
  ).json<ReceiptPage>();
  expect(next.items[0]).toMatchObject({ path: 'B/1/RUN.SH', method: 'agent-crc' });
  expect((await get('/receipts?machine=beta')).json()).toEqual({ items: [] });
});
