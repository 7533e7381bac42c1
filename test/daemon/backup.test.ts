import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cli } from '../cli/support.ts';
import { Daemon } from '../support/daemon.ts';

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let daemon: Daemon;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleet98-daemon-'));
  daemon = await Daemon.start(join(folder, 'data'));
}, 120_000);
afterEach(async () => {
  await daemon.kill();
  rmSync(folder, { recursive: true, force: true });
});

const say = (...argv: string[]) => cli(argv, { url: daemon.url });
const names = async (): Promise<string[]> => {
  const { items } = await daemon.ask<{ items: { name: string }[] }>('GET', '/machines');
  return items.map(({ name }) => name);
};
const register = (name: string) =>
  daemon.ask('POST', '/machines', { name, host: '127.0.0.1', password: 'tarantula-77' });

test('a backup is taken and restored while the daemon goes on, at the same address', async () => {
  const file = join(folder, 'shelf.tar');
  await register('p2');
  await daemon.upload('RUN.SH', Buffer.from('#!/bin/sh\n'));
  expect(await say('backup', file)).toMatchObject({ exitCode: 0 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await say('backup', file)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('not replaced'),
  });
  await register('bought-later');
  const refused = await say('restore', file);
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--yes') });
  const { pid } = daemon;
  expect(await say('restore', file, '--yes')).toMatchObject({ exitCode: 0 });
  expect(daemon.pid).toBe(pid);
  expect(await names()).toEqual(['p2']);
  expect(await say('restore', file, '--yes'), 'again').toMatchObject({ exitCode: 0 });
  expect(await names()).toEqual(['p2']);
});

test('what is no backup changes nothing, and the daemon goes on', async () => {
  const file = join(folder, 'holiday.tar');
  writeFileSync(file, 'sand '.repeat(10_000));
  await register('p2');
  const refused = await say('restore', file, '--yes');
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('BACKUP_DAMAGED') });
  expect(refused.stderr).not.toContain(folder);
  expect(await names()).toEqual(['p2']);
});

test('a backup that cannot be written leaves no file under its name', async () => {
  const file = join(folder, 'missing', 'shelf.tar');
  expect(await say('backup', file)).toMatchObject({ exitCode: 1 });
  expect(existsSync(file)).toBe(false);
});
