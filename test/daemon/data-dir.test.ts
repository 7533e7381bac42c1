import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openTestApi, portOf } from '../api/support.ts';
import { cli } from '../cli/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleet98-data-dir-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A data directory of a daemon that has stopped. */
async function usedDataDir(name: string): Promise<string> {
  const dataDir = join(folder, name.replaceAll(' ', '-'));
  await (await openStore({ dataDir })).close();
  const database = openSqlite(join(dataDir, 'fleet98.db'));
  database.exec('pragma wal_checkpoint(truncate)');
  database.close();
  return dataDir;
}

/** `fleet98 serve` on a data directory with which it cannot start. */
async function serve(dataDir: string, port = 0): Promise<{ exitCode: number; lines: string[] }> {
  const settings = join(folder, 'settings.yaml');
  await writeFile(settings, JSON.stringify({ data_dir: dataDir, log_level: 'silent', http: { port } }));
  const { exitCode, stderr } = await cli(['serve', '--json', '--config', settings]);
  return { exitCode, lines: stderr.trimEnd().split('\n') };
}

async function change(file: string, how: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(file, how(await readFile(file)));
}

const restore = 'Restore it from a backup; the file is left as it is.';
const rows: [string, string, string, (dataDir: string) => Promise<unknown>][] = [
  [
    'a database without its header',
    'STORE_DAMAGED',
    restore,
    (dataDir) => change(join(dataDir, 'fleet98.db'), (bytes) => bytes.fill(0x55, 0, 100)),
  ],
  [
    'half a database',
    'STORE_DAMAGED',
    restore,
    (dataDir) => change(join(dataDir, 'fleet98.db'), (bytes) => bytes.subarray(0, bytes.length / 2)),
  ],
  [
    'a database of a newer fleet98',
    'STORE_NEWER',
    'Start that version again, or restore a backup that this one made.',
    async (dataDir) => {
      const database = openSqlite(join(dataDir, 'fleet98.db'));
      database.exec("insert into kysely_migration values ('9999-later', '2030-01-01')");
      database.close();
    },
  ],
  [
    'half a key',
    'STORE_DAMAGED',
    restore,
    (dataDir) => change(join(dataDir, 'key'), (bytes) => bytes.subarray(0, 16)),
  ],
  [
    'a lock that is a folder',
    'CONFIG_INVALID',
    'Correct the key that the message names.',
    (dataDir) => mkdir(join(dataDir, 'lock')),
  ],
];

describe('the daemon ends at once, with a code and what to do, over', () => {
  test.each(rows)('%s', async (what, code, hint, damage) => {
    const dataDir = await usedDataDir(what);
    await damage(dataDir);
    const { exitCode, lines } = await serve(dataDir);
    expect(exitCode).toBe(1);
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^${code}: [^/]{10,}$`)), hint]);
  });

  test('a directory that another daemon uses', async () => {
    const dataDir = await usedDataDir('shared');
    const store = await openStore({ dataDir });
    const { exitCode, lines } = await serve(dataDir);
    expect([exitCode, ...lines]).toEqual([
      1,
      `DATA_DIR_LOCKED: process ${process.pid} uses this data directory`,
      'Stop the other one, or give this one its own data_dir.',
    ]);
    expect(await store.trouble()).toBeUndefined();
    await store.close();
  });

  test('a port on which something listens, and its data directory is free again', async () => {
    const dataDir = await usedDataDir('no port');
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = portOf(other);
    const { exitCode, lines } = await serve(dataDir, port);
    expect([exitCode, ...lines]).toEqual([
      1,
      `CANNOT_LISTEN: port ${port} of 127.0.0.1 cannot be used: something listens there already`,
      'Stop what listens there, or choose another http.host or http.port.',
    ]);
    other.close();
    await (await openStore({ dataDir })).close();
  });

  test('a path that is no folder', async () => {
    await writeFile(join(folder, 'file'), '');
    const { exitCode, lines } = await serve(join(folder, 'file'));
    expect(exitCode).toBe(1);
    expect(lines[0]).toMatch(/^CONFIG_INVALID: data_dir: [^/]+$/);
  });
});

/** A disk of 6 MiB; undefined where this user may not make one. */
function smallDisk(options = ''): string | undefined {
  const place = mkdtempSync(join(folder, 'disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=6m${options}`, 'tmpfs', place], {
      stdio: 'ignore',
    });
    return place;
  } catch {
    return undefined;
  }
}
const unmount = (place: string): Buffer => execFileSync('umount', ['-l', place]);

const disk = smallDisk();
afterAll(() => disk !== undefined && unmount(disk));

test.skipIf(disk === undefined)(
  'a disk that fills up stops nothing but saving, and only for a while',
  async () => {
    const place = disk ?? '';
    const api = await openTestApi({ dataDir: join(place, 'data') });
    const codeOf = (answer: Awaited<ReturnType<typeof api.app.inject>>): unknown[] => [
      answer.statusCode,
      answer.json<{ code?: string }>().code,
    ];
    const ask = async (url: string) => codeOf(await api.app.inject(url));
    const register = async (name: string) =>
      codeOf(
        await api.app.inject({
          method: 'POST',
          url: '/api/v1/machines',
          payload: { name, host: '127.0.0.1', labels: { note: 'x'.repeat(128) } },
        }),
      );
    const upload = await api.app.inject({
      method: 'PUT',
      url: '/api/v1/artifacts/BIG.BIN',
      payload: Buffer.alloc(7_900_000),
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(codeOf(upload)).toEqual([507, 'STORE_FULL']);
    expect(await readdir(join(place, 'data', 'artifacts', 'tmp'))).toEqual([]);
    expect(await register('before')).toEqual([201, undefined]);

    const filler = join(place, 'filler');
    await writeFile(filler, Buffer.alloc(9 * 1024 * 1024)).catch(() => undefined);
    let last: unknown[] = [];
    for (let count = 0; count < 2_000 && last[0] !== 507; count++) last = await register(`pc${count}`);
    expect(last).toEqual([507, 'STORE_FULL']);
    expect(await register('later')).toEqual([507, 'STORE_FULL']);
    expect(await ask('/readyz')).toEqual([503, 'STORE_FULL']);
    expect(await ask('/healthz')).toEqual([200, undefined]);
    expect(await ask('/api/v1/machines/before')).toEqual([200, undefined]);

    rmSync(filler);
    expect(await register('later')).toEqual([201, undefined]);
    await api.close();
  },
);

const fixed = smallDisk(',ro');
afterAll(() => fixed !== undefined && unmount(fixed));

test.skipIf(fixed === undefined)('a disk that takes no writing is told', async () => {
  const { exitCode, lines } = await serve(fixed ?? '');
  expect(exitCode).toBe(1);
  expect(lines[0]).toMatch(/^STORE_UNWRITABLE: [^/]+$/);
});
