import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { newMachine, temporaryFolder, temporaryStore } from './fixtures.ts';

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

/** A database with some machines, closed. */
async function closedDatabase(): Promise<{ dataDir: string; file: string }> {
  const dataDir = await temporaryFolder();
  const store = await openStore({ dataDir });
  for (let index = 0; index < 200; index++) {
    await store.machines.create(newMachine(`pc${index}`, { labels: { room: 'x'.repeat(100) } }));
  }
  await store.close();
  const file = join(dataDir, 'fleet98.db');
  const database = openSqlite(file);
  database.exec('pragma wal_checkpoint(truncate)');
  database.close();
  return { dataDir, file };
}

describe('a data directory', () => {
  test('is made with files that only the owner can read', async () => {
    const dataDir = join(await temporaryFolder(), 'a', 'data');
    const store = await temporaryStore(dataDir);
    await store.machines.create(newMachine('one'));
    expect(await modeOf(dataDir)).toBe('700');
    for (const name of ['key', 'fleet98.db', 'fleet98.db-wal', 'lock']) {
      expect([name, await modeOf(join(dataDir, name))]).toEqual([name, '600']);
    }
    expect(await modeOf(join(dataDir, 'artifacts'))).toBe('700');
    expect((await readFile(join(dataDir, 'key'))).length).toBe(32);
  });

  test('keeps its daemon id and its contents', async () => {
    const dataDir = await temporaryFolder();
    const first = await openStore({ dataDir });
    const machine = await first.machines.create(newMachine('one', { password: 'geheim' }));
    await first.close();
    const second = await temporaryStore(dataDir);
    expect(second.daemonId).toBe(first.daemonId);
    expect(second.daemonId).toMatch(/^[0-9A-F]{16}$/);
    expect(await second.machines.all()).toEqual([machine]);
    expect(await second.machines.password(machine.id)).toBe('geheim');
    const other = await temporaryStore();
    expect(other.daemonId).not.toBe(first.daemonId);
  });

  test('is healthy until it is closed', async () => {
    const store = await openStore({ dataDir: await temporaryFolder() });
    expect(await store.trouble()).toBeUndefined();
    await store.close();
    await store.close();
    expect(await store.trouble()).toMatchObject({ code: 'STORE_UNWRITABLE' });
  });

  test('tightens a key file that others could read', async () => {
    const dataDir = await temporaryFolder();
    await (await openStore({ dataDir })).close();
    await chmod(join(dataDir, 'key'), 0o644);
    await temporaryStore(dataDir);
    expect(await modeOf(join(dataDir, 'key'))).toBe('600');
  });

  test('refuses a key file of another length', async () => {
    const dataDir = await temporaryFolder();
    await writeFile(join(dataDir, 'key'), 'short');
    await expect(openStore({ dataDir })).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect(await readFile(join(dataDir, 'key'), 'utf8')).toBe('short');
  });

  test('that is a file is refused in words, without the path', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const opening = openStore({ dataDir: file });
    await expect(opening).rejects.toMatchObject({ name: 'DomainError', code: 'CONFIG_INVALID' });
    await expect(opening).rejects.not.toThrow(file);
  });

  test('that cannot be written is refused in words', async () => {
    const dataDir = join(await temporaryFolder(), 'data');
    await mkdir(dataDir);
    // To the administrator every folder is writable, so a link to nowhere stands in for one that is not.
    if (process.getuid?.() === 0) await symlink('/nowhere/at/all', join(dataDir, 'lock'));
    else await chmod(dataDir, 0o500);
    await expect(openStore({ dataDir: join(dataDir) })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('the lock', () => {
  test('keeps a second store of this process out', async () => {
    const dataDir = await temporaryFolder();
    const store = await openStore({ dataDir });
    await expect(openStore({ dataDir })).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED' });
    await store.close();
    expect(await readdir(dataDir)).not.toContain('lock');
    await temporaryStore(dataDir);
  });

  test('keeps out while another process lives, and is taken over when it is dead', async () => {
    const dataDir = await temporaryFolder();
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    await once(other, 'spawn');
    await writeFile(join(dataDir, 'lock'), `${other.pid} -\n`);
    await expect(openStore({ dataDir })).rejects.toMatchObject({
      code: 'DATA_DIR_LOCKED',
      message: expect.stringContaining(String(other.pid)),
    });
    other.stdin.end();
    await once(other, 'exit');
    await temporaryStore(dataDir);
  });

  test('is given back when opening fails', async () => {
    const dataDir = await temporaryFolder();
    await writeFile(join(dataDir, 'fleet98.db'), Buffer.alloc(8192, 'not a database'));
    await expect(openStore({ dataDir })).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect(await readdir(dataDir)).not.toContain('lock');
  });
});

describe('a damaged database', () => {
  test.each([
    ['header', (bytes: Buffer) => bytes.fill(0x55, 0, 100)],
    ['middle', (bytes: Buffer) => bytes.fill(0x55, 4096 * 3, bytes.length - 4096)],
    ['end', (bytes: Buffer) => bytes.subarray(0, bytes.length - 4096 * 8)],
  ])('at its %s is refused and left as it is', async (_, damage) => {
    const { dataDir, file } = await closedDatabase();
    const bytes = damage(await readFile(file));
    await writeFile(file, bytes);
    await expect(openStore({ dataDir })).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect((await readFile(file)).equals(bytes)).toBe(true);
  });

  test('made by a newer fleet98 is refused', async () => {
    const { dataDir, file } = await closedDatabase();
    const database = openSqlite(file);
    database.prepare("insert into kysely_migration values ('9999-later', '2030-01-01')").run([]);
    database.close();
    await expect(openStore({ dataDir })).rejects.toMatchObject({
      code: 'STORE_NEWER',
      message: expect.stringContaining('that this one knows is 0'),
    });
  });
});
