import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const script = join(import.meta.dirname, '../../deploy-scripts/manifest.mjs');

const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

function machineFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-manifest-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, bytes: string): void => {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  };
  const make = (...args: string[]) => run('--folder', folder, ...args);
  const list = (): readonly object[] => JSON.parse(readFileSync(join(folder, 'MANIFEST.JSON'), 'utf8')).files;
  return { write, make, list, remove: (name: string) => rmSync(join(folder, name)) };
}

test('the committed programs are those of the committed list', () => {
  expect(run('--check')).toMatchObject({ status: 0, stderr: '' });
});

test('each of our programs says which version and build it is', () => {
  const committed = join(import.meta.dirname, '../../deploy-scripts/machine/MANIFEST.JSON');
  const files: readonly { file: string; version?: string; build?: string }[] = JSON.parse(
    readFileSync(committed, 'utf8'),
  ).files;
  const programs = files.filter(({ file }) => file.endsWith('.EXE'));
  expect(programs.map(({ file }) => file)).toContain('FTPD98.EXE');
  expect(programs.filter(({ version, build }) => version === undefined || build === undefined)).toEqual([]);
});

test('the list says of each file what it is, and of a program what built it', () => {
  const { write, make, list } = machineFolder();
  write('win9x/AGENT.EXE', 'MZ agent98 0.2.0 build 0123abcd');
  write('msdos/SERVE.BAT', 'echo off');
  write('msdos/notes.txt', 'no name for an old machine');
  expect(make()).toMatchObject({ status: 1, stderr: expect.stringContaining('win9x/AGENT.EXE has changed') });
  expect(make('--toolchain', 'win9x=gcc 12 = good')).toMatchObject({ status: 0 });
  expect(list()).toEqual([
    expect.objectContaining({ platform: 'msdos', file: 'SERVE.BAT', sizeBytes: 8 }),
    {
      platform: 'win9x',
      file: 'AGENT.EXE',
      sizeBytes: 31,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      version: '0.2.0',
      build: '0123abcd',
      toolchain: 'gcc 12 = good',
    },
  ]);
  // What has not changed keeps its words.
  expect(make()).toMatchObject({ status: 0 });
  expect(make('--check')).toMatchObject({ status: 0, stdout: 'manifest: 2 files are as listed\n' });
});

test('a file that is changed, gone or new is found', () => {
  const { write, make, remove } = machineFolder();
  for (const name of ['AGENT.EXE', 'TINY98.EXE']) write(`win9x/${name}`, name);
  make('--toolchain', 'win9x=gcc');
  write('win9x/AGENT.EXE', 'other');
  remove('win9x/TINY98.EXE');
  write('linux-i386/NEW.EXE', 'new');
  expect(make('--check')).toMatchObject({
    status: 1,
    stderr: [
      'manifest: win9x/AGENT.EXE is another file than listed',
      'manifest: win9x/TINY98.EXE is not there',
      'manifest: linux-i386/NEW.EXE is not listed',
      '',
    ].join('\n'),
  });
});
