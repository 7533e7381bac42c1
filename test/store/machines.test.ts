import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { AgentFacts, MachineServer } from '../../src/domain/machine.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { everyItem, furnished, newMachine, newRun, temporaryFolder, temporaryStore } from './fixtures.ts';

const variable = 'FLEET98_TEST_PASSWORD';
afterEach(() => {
  delete process.env[variable];
});

const server: MachineServer = {
  banner: '220 hello',
  syst: 'UNIX',
  feat: ['SIZE'],
  restartRead: true,
  dataConnections: ['pasv'],
};
const agent: AgentFacts = {
  agent: 'agent98',
  version: '1',
  build: 'b',
  platform: 'win9x',
  os: 'Windows 98',
  name: 'PC1',
  path: 'C:\\FLEET98',
  cpu: 'Pentium II',
  clock: 'GetTickCount',
  boot: 3,
  sequence: 1,
  kinds: ['run', 'place'],
  hold: false,
  simulated: false,
};

describe('a machine', () => {
  test('is new, with what was given and nothing else', async () => {
    const store = await temporaryStore();
    const machine = await store.machines.create(newMachine('pc1', { labels: { room: 'b2' }, atMs: 77 }));
    expect(machine).toEqual({
      id: expect.stringMatching(/^[0-9A-F]{16}$/),
      name: 'pc1',
      state: 'new',
      health: 'unknown',
      held: false,
      transport: 'push',
      host: '127.0.0.1',
      port: 21,
      user: 'fleet',
      hasPassword: false,
      labels: { room: 'b2' },
      writeChunkBytes: 4096,
      simulated: false,
      createdAtMs: 77,
      updatedAtMs: 77,
    });
    expect(await store.machines.get(machine.id)).toEqual(machine);
    expect(await store.machines.findByName('pc1')).toEqual(machine);
    expect(await store.machines.findByName('pc2')).toBeUndefined();
    expect(await store.machines.get('0'.repeat(16))).toBeUndefined();
  });

  test('has a name of its own', async () => {
    const store = await temporaryStore();
    await store.machines.create(newMachine('pc1'));
    const other = await store.machines.create(newMachine('pc2'));
    await expect(store.machines.create(newMachine('pc1'))).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    await expect(store.machines.update(other.id, { name: 'pc1' }, 5)).rejects.toMatchObject({
      code: 'NAME_TAKEN',
    });
    expect(await store.machines.all()).toHaveLength(2);
  });

  test('is changed where the patch says so; null clears', async () => {
    const store = await temporaryStore();
    const { id } = await store.machines.create(newMachine('pc1', { spool: '/FLEET98', platform: 'win9x' }));
    const lastError = { code: 'UNREACHABLE', detail: 'no answer', atMs: 9 };
    const changed = await store.machines.update(
      id,
      {
        name: 'pc9',
        state: 'ready',
        health: 'good',
        held: true,
        port: 2121,
        labels: { cpu: 'p2' },
        server,
        agent,
        boot: 3,
        simulated: true,
        lastContactAtMs: 8,
        lastError,
        platform: null,
      },
      50,
    );
    expect(changed).toMatchObject({
      name: 'pc9',
      state: 'ready',
      health: 'good',
      held: true,
      host: '127.0.0.1',
      port: 2121,
      labels: { cpu: 'p2' },
      server,
      agent,
      boot: 3,
      simulated: true,
      lastContactAtMs: 8,
      lastError,
      spool: '/FLEET98',
      createdAtMs: 1000,
      updatedAtMs: 50,
    });
    expect(changed).not.toHaveProperty('platform');
    const cleared = await store.machines.update(id, { lastError: null, server: null, spool: null }, 60);
    for (const key of ['lastError', 'server', 'spool']) expect(cleared).not.toHaveProperty(key);
    expect(cleared.agent).toEqual(agent);
    await expect(store.machines.update('0'.repeat(16), { held: true }, 1)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('moves between states only where an event leads', async () => {
    const store = await temporaryStore();
    const { id } = await store.machines.create(newMachine('pc1'));
    await store.machines.update(id, { state: 'retired' }, 1);
    await expect(store.machines.update(id, { state: 'new' }, 2)).rejects.toMatchObject({ code: 'BUG' });
    expect(await store.machines.get(id)).toMatchObject({ state: 'retired', updatedAtMs: 1 });
    expect(await store.machines.all()).toEqual([]);
  });

  test('is removed only while nothing refers to it', async () => {
    const store = await temporaryStore();
    const { one, two, bundle } = await furnished(store);
    await store.runs.create([newRun(one, bundle)]);
    await store.machines.update(two.id, { labels: { a: 'b' } }, 1);
    await expect(store.machines.remove(one.id)).rejects.toMatchObject({ code: 'MACHINE_HAS_HISTORY' });
    await store.machines.remove(two.id);
    expect(await store.machines.all()).toEqual([one]);
    await store.machines.create(newMachine('two'));
  });
});

describe('the list of machines', () => {
  test('comes by name, in pages without a gap, and by filters', async () => {
    const store = await temporaryStore();
    for (const [index, name] of ['e', 'b', 'd', 'a', 'c'].entries()) {
      const { id } = await store.machines.create(
        newMachine(name, {
          labels: { room: index < 2 ? 'x' : 'y', n: 'x' },
          ...(index === 0 && { platform: 'winnt' }),
        }),
      );
      if (index === 4) await store.machines.update(id, { health: 'late', state: 'ready' }, 1);
    }
    const names = async (filter: Parameters<typeof store.machines.list>[0]) =>
      (await everyItem((after) => store.machines.list({ ...filter, after }))).map((page) =>
        page.map((machine) => machine.name).join(''),
      );
    expect(await names({ limit: 2 })).toEqual(['ab', 'cd', 'e']);
    expect(await names({ limit: 5 })).toEqual(['abcde']);
    expect(await names({ limit: 9, label: { key: 'room', value: 'x' } })).toEqual(['be']);
    expect(await names({ limit: 9, label: { key: 'room', value: 'z' } })).toEqual(['']);
    expect(await names({ limit: 9, platform: 'winnt' })).toEqual(['e']);
    expect(await names({ limit: 9, health: 'late', state: 'ready' })).toEqual(['c']);
    expect(await names({ limit: 9, state: 'new' })).toEqual(['abde']);
  });

  test('forgets labels that were taken away', async () => {
    const store = await temporaryStore();
    const { id } = await store.machines.create(newMachine('a', { labels: { room: 'x' } }));
    await store.machines.update(id, { labels: {} }, 1);
    expect((await store.machines.list({ limit: 5, label: { key: 'room', value: 'x' } })).items).toEqual([]);
  });
});

describe('the password of a machine', () => {
  test('comes back in clear, and lies nowhere in clear', async () => {
    const dataDir = await temporaryFolder();
    const store = await temporaryStore(dataDir);
    const machine = await store.machines.create(newMachine('pc1', { password: 'Zwiebelkuchen9' }));
    expect(machine.hasPassword).toBe(true);
    expect(JSON.stringify(machine)).not.toContain('Zwiebel');
    expect(await store.machines.password(machine.id)).toBe('Zwiebelkuchen9');
    for (const name of await readdir(dataDir)) {
      if (name === 'artifacts') continue;
      expect([name, (await readFile(join(dataDir, name))).includes('Zwiebelkuchen9')]).toEqual([name, false]);
    }
  });

  test('can be empty, be changed, and be taken away', async () => {
    const store = await temporaryStore();
    const { id } = await store.machines.create(newMachine('pc1', { password: '' }));
    expect(await store.machines.password(id)).toBe('');
    await store.machines.update(id, { password: 'ä€😀' }, 1);
    expect(await store.machines.password(id)).toBe('ä€😀');
    const without = await store.machines.update(id, { password: null }, 2);
    expect(without.hasPassword).toBe(false);
    expect(await store.machines.password(id)).toBe('');
    await expect(store.machines.password('0'.repeat(16))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('can come from an environment variable, which must be set', async () => {
    const store = await temporaryStore();
    const { id } = await store.machines.create(newMachine('pc1', { passwordEnv: variable }));
    await expect(store.machines.password(id)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(variable),
    });
    process.env[variable] = 'from outside';
    expect(await store.machines.password(id)).toBe('from outside');
  });

  test('is one or the other: what was said last holds', async () => {
    const store = await temporaryStore();
    process.env[variable] = 'outside';
    const both = { password: 'inside', passwordEnv: variable };
    await expect(store.machines.create(newMachine('pc1', both))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    const { id } = await store.machines.create(newMachine('pc1', { password: 'inside' }));
    await expect(store.machines.update(id, both, 1)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await store.machines.password(id)).toBe('inside');
    await store.machines.update(id, { passwordEnv: variable }, 1);
    expect(await store.machines.password(id)).toBe('outside');
    const stored = await store.machines.update(id, { password: 'again' }, 2);
    expect(stored).not.toHaveProperty('passwordEnv');
    expect(await store.machines.password(id)).toBe('again');
    await store.machines.update(id, { passwordEnv: variable }, 3);
    await store.machines.update(id, { passwordEnv: null }, 4);
    expect(await store.machines.password(id)).toBe('');
  });

  test.each([
    ['changed', (mine: string) => `${mine.slice(0, -6)}AAAA${mine.slice(-2)}`],
    ['cut', (mine: string) => mine.slice(0, 20)],
    ['of another machine', (_: string, other: string) => other],
    ['of an unknown form', () => 'clear text'],
  ])('is refused when its sealed text is %s', async (_, tamper) => {
    const dataDir = await temporaryFolder();
    const store = await temporaryStore(dataDir);
    const one = await store.machines.create(newMachine('one', { password: 'secret of one' }));
    const two = await store.machines.create(newMachine('two', { password: 'secret of two' }));
    const database = openSqlite(join(dataDir, 'fleet98.db'));
    const sealed = (id: string) =>
      String(
        Object.values(database.prepare('select secret from machine where id = ?').all([id])[0] ?? {})[0],
      );
    database
      .prepare('update machine set secret = ? where id = ?')
      .run([tamper(sealed(one.id), sealed(two.id)), one.id]);
    database.close();
    await expect(store.machines.password(one.id)).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      message: expect.stringContaining('key file'),
    });
    expect(await store.machines.password(two.id)).toBe('secret of two');
  });
});
