import { expect, test } from 'vitest';
import { Kits } from '../../src/operations/kits.ts';
import { KitFolder } from '../support/kit-folder.ts';

test('ready-made programs are listed and read as they were built', async () => {
  using kit = new KitFolder();
  kit.put('win9x', 'AGENT.EXE', 'agent', '0123abcd');
  kit.put('linux-i386', 'TINY98.EXE', 'engine');
  expect(await kit.kits.list()).toMatchObject([
    { platform: 'win9x', file: 'AGENT.EXE', sizeBytes: 5, version: '9.9.9', build: '0123abcd' },
    { platform: 'linux-i386', file: 'TINY98.EXE', toolchain: 'a test' },
  ]);
  const { program, bytes } = await kit.kits.read('win9x', 'AGENT.EXE');
  expect([program.build, bytes.toString()]).toEqual(['0123abcd', 'agent']);
  await expect(kit.kits.read('win9x', 'FTPD98.EXE')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a program that is not the listed one is refused, and so is one that is gone', async () => {
  using kit = new KitFolder();
  kit.put('win9x', 'AGENT.EXE', 'agent');
  kit.write('win9x/AGENT.EXE', 'AGENT');
  await expect(kit.kits.read('win9x', 'AGENT.EXE')).rejects.toMatchObject({
    code: 'PROGRAM_DAMAGED',
    message: 'the ready-made win9x/AGENT.EXE has other bytes than its list promises',
  });
  kit.put('win9x', 'GONE.EXE', 'gone');
  kit.write('win9x/GONE.EXE', '');
  await expect(kit.kits.read('win9x', 'GONE.EXE')).rejects.toMatchObject({ code: 'PROGRAM_DAMAGED' });
});

test('without a list there are no programs, and a list that makes no sense is said', async () => {
  expect(await new Kits('/nowhere').list()).toEqual([]);
  using kit = new KitFolder();
  const sha256 = '0'.repeat(64);
  const good = { platform: 'win9x', file: 'A.EXE', sizeBytes: 1, sha256 };
  for (const list of [
    'no JSON',
    '[]',
    '{"files":{}}',
    JSON.stringify({ files: [{ ...good, file: '../A.EXE' }] }),
    JSON.stringify({ files: [{ ...good, platform: '..' }] }),
    JSON.stringify({ files: [{ ...good, sha256: 'x' }] }),
    JSON.stringify({ files: [good, { ...good, sizeBytes: '1' }] }),
  ]) {
    kit.write('MANIFEST.JSON', list);
    await expect(kit.kits.list(), list).rejects.toMatchObject({ code: 'PROGRAM_DAMAGED' });
  }
});
