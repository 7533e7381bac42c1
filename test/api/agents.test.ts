import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReadyPrograms } from '../../src/contract/agents.ts';
import type { BundlePage } from '../../src/contract/bundles.ts';
import type { HistoryPage } from '../../src/contract/machines.ts';
import { DomainError } from '../../src/domain/errors.ts';
import { KitFolder } from '../support/kit-folder.ts';
import { addMachine, openTestApi, type TestApi } from './support.ts';

const kit = new KitFolder();
const program = Buffer.from([0x4d, 0x5a, 0, 255, 10]);
let api: TestApi;
beforeAll(async () => {
  kit.put('win9x', 'AGENT.EXE', program, '0123abcd');
  kit.put('win9x', 'TINY98.EXE', 'engine');
  kit.put('msdos', 'SERVE.BAT', 'echo off');
  api = await openTestApi({ kits: kit.kits });
});
afterAll(async () => {
  await api.close();
  kit[Symbol.dispose]();
});
const get = (path: string) => api.app.inject(`/api/v1${path}`);

describe('ready-made programs', () => {
  test('are listed with size, hash and build', async () => {
    const { items } = (await get('/agents')).json<ReadyPrograms>();
    expect(items.map(({ platform, file }) => `${platform}/${file}`)).toEqual([
      'win9x/AGENT.EXE',
      'win9x/TINY98.EXE',
      'msdos/SERVE.BAT',
    ]);
    expect(items[0]).toEqual({
      platform: 'win9x',
      file: 'AGENT.EXE',
      sizeBytes: 5,
      sha256: createHash('sha256').update(program).digest('hex'),
      version: '9.9.9',
      build: '0123abcd',
      toolchain: 'a test',
    });
  });

  test('are downloaded as files to save, and nothing that a browser would run', async () => {
    const answer = await get('/agents/win9x/AGENT.EXE');
    expect(answer.statusCode).toBe(200);
    expect(answer.rawPayload.equals(program)).toBe(true);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '5',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
      'content-disposition': expect.stringMatching(/^attachment; filename="AGENT.EXE"/),
    });
  });

  test.each([
    ['/agents/win9x/NONE.EXE', 404, 'NOT_FOUND'],
    ['/agents/atari/AGENT.EXE', 404, 'NOT_FOUND'],
    ['/agents/win9x/agent.exe', 400, 'INVALID_REQUEST'],
    ['/agents/win9x/..%2FMANIFEST.JSON', 400, 'INVALID_REQUEST'],
    ['/agents/%2E%2E/AGENT.EXE', 404, 'NOT_FOUND'],
  ])('%s is answered %i', async (path, status, code) => {
    const answer = await get(path);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([status, code]);
  });

  test('that were changed on the disk are not handed out', async () => {
    kit.put('unix', 'AGENT.EXE', 'good');
    kit.write('unix/AGENT.EXE', 'evil');
    expect((await get('/agents/unix/AGENT.EXE')).json()).toMatchObject({
      code: 'PROGRAM_DAMAGED',
      fault: 'us',
    });
  });
});

describe('the starter', () => {
  test('is a bundle like any other, and its name is nobody else’s', async () => {
    await api.operations.furnishStarters();
    const { items } = (await get('/bundles?name=starter-win9x')).json<BundlePage>();
    expect(items).toMatchObject([{ reference: 'starter-win9x@1', command: { exe: 'TINY98.EXE' } }]);
    const mine = { method: 'POST' as const, url: '/api/v1/bundles', payload: { name: 'starter', files: [] } };
    expect((await api.app.inject(mine)).json()).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  test('is planned and checked for the machine that it is meant for', async () => {
    const { id } = await addMachine(api, 'p2');
    await addMachine(api, 'unknown');
    await api.store.machines.update(id, { platform: 'win9x' }, 1);
    const plan = { bundle: 'starter', machines: { names: ['p2'] } };
    const planned = await api.app.inject({
      method: 'POST',
      url: '/api/v1/deploy?dryRun=true',
      payload: plan,
    });
    expect(planned.json()).toMatchObject({ bundle: 'starter-win9x@1' });
    expect((await get('/machines/p2/preflight?bundle=starter')).json()).toMatchObject({
      bundle: 'starter-win9x@1',
    });
    expect((await get('/machines/unknown/preflight?bundle=starter')).json()).toMatchObject({
      code: 'NO_READY_PROGRAM',
      detail: 'unknown has not said yet what it is: probe it first',
    });
  });
});

describe('the update of an agent', () => {
  test('is answered with both builds, and stands in the history among runs and deployments', async () => {
    const machine = await addMachine(api, 'old');
    const [from, to] = [
      { version: '0.1.0', build: 'a' },
      { version: '0.2.0', build: 'b' },
    ];
    for (const atMs of [7_000, 8_000, 8_000]) {
      const note = { machineId: machine.id, from, to, sha256: '0'.repeat(64), requestedBy: 'me', atMs };
      const id = await api.store.agentUpdates.begin(note);
      if (atMs === 7_000)
        await api.store.agentUpdates.end(id, { state: 'failed', code: 'UPDATE_FAILED', detail: 'why', atMs });
      else await api.store.agentUpdates.end(id, { state: 'done', atMs });
    }
    const states: string[] = [];
    let after = '';
    do {
      const page = (await get(`/machines/old/history?limit=1${after}`)).json<HistoryPage>();
      for (const item of page.items) {
        expect(item).toMatchObject({ kind: 'update', agent: { from, to }, requestedBy: 'me' });
        states.push(`${item.id} ${item.state}`);
      }
      after = page.next === undefined ? '' : `&after=${page.next}`;
    } while (after !== '');
    expect(states).toEqual(['3 done', '2 done', '1 failed']);
  });

  test('is asked of the operations by the name of the machine and of who asks', async () => {
    const asked: string[][] = [];
    const other = await openTestApi({
      replace: () => ({
        updateAgent: async (name, requestedBy) => {
          asked.push([name, requestedBy]);
          if (name === 'none') throw new DomainError('UPDATE_FAILED', 'start-failed');
          return { state: 'done', from: { version: '1', build: 'a' }, to: { version: '2', build: 'b' } };
        },
      }),
    });
    try {
      const post = (name: string) =>
        other.app.inject({ method: 'POST', url: `/api/v1/machines/${name}/agent`, payload: {} });
      expect((await post('p2')).json()).toEqual({
        machine: 'p2',
        state: 'done',
        from: { version: '1', build: 'a' },
        to: { version: '2', build: 'b' },
      });
      const failed = await post('none');
      expect([failed.statusCode, failed.json<{ code: string }>().code]).toEqual([502, 'UPDATE_FAILED']);
      expect(asked).toEqual([
        ['p2', 'local'],
        ['none', 'local'],
      ]);
    } finally {
      await other.close();
    }
  });
});
