import { mkdirSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { crcOf, type Line, type SpoolEntries } from '../../support/spool-folder.ts';
import { sharedBench, type AgentKit } from './agent-bench.ts';
import { posixTest } from './agent-kit.ts';

export function removeContract(kit: AgentKit): void {
  const bench = sharedBench(kit);
  const remove = (dir: string, ...names: readonly string[]): Promise<SpoolEntries> => {
    const { spool } = bench();
    return spool.end(spool.deliver('remove', [['dir', dir], ...names.map((name): Line => ['file', name])]));
  };

  test('a bundle with its files and its folder, and no other', async () => {
    const { spool } = bench();
    const dir = spool.placed({ 'ENGINE.EXE': 'engine', 'MODEL.BIN': 'model', 'EMPTY.TXT': '' });
    const other = spool.placed({ 'ENGINE.EXE': 'engine' });
    spool.write('STAGE/MODEL.BIN', 'model');
    const end = await remove(dir, 'ENGINE.EXE', 'MODEL.BIN', 'EMPTY.TXT');
    expect([end.get('kind'), end.get('reason'), end.get('bad')]).toEqual(['remove', 'done', undefined]);
    expect(spool.has(dir)).toBe(false);
    expect(spool.names(other)).toEqual(['BUNDLE.OK', 'ENGINE.EXE']);
    expect(spool.names('STAGE')).toEqual(['MODEL.BIN']);
  });

  test('again and again: what is missing is fine', async () => {
    const { spool } = bench();
    const dir = spool.placed({ 'A.BIN': 'a' });
    for (let round = 0; round < 3; round++) {
      expect((await remove(dir, 'A.BIN', 'NEVER.BIN')).get('reason')).toBe('done');
      expect(spool.has(dir)).toBe(false);
    }
  });

  test('what a broken place left, too', async () => {
    const { spool } = bench();
    const dir = `B/${spool.nextId()}`;
    for (const name of ['A.BIN', 'PLACE.TMP', 'BUNDLE.TMP']) spool.write(`${dir}/${name}`, 'half');
    expect((await remove(dir, 'A.BIN', 'B.BIN')).get('reason')).toBe('done');
    expect(spool.has(dir)).toBe(false);
  });

  test('only what is named: the rest keeps the folder, which is no bundle any more', async () => {
    const { spool } = bench();
    const dir = spool.placed({ 'A.BIN': 'a', 'NOTES.TXT': 'made by a run' });
    expect((await remove(dir, 'A.BIN')).get('reason')).toBe('done');
    expect(spool.names(dir)).toEqual(['NOTES.TXT']);
    const run = spool.deliver('run', [
      ['dir', dir],
      ['exe', 'NOTES.TXT'],
    ]);
    expect((await spool.end(run)).get('reason')).toBe('not-placed');
  });

  test('ends io-error with the first file that cannot be deleted, and deletes the others', async () => {
    const { spool } = bench();
    const dir = spool.placed({ 'A.BIN': 'a', 'D.BIN': 'd' });
    for (const name of ['B.BIN', 'C.BIN']) mkdirSync(spool.path(`${dir}/${name}`));
    const end = await remove(dir, 'A.BIN', 'B.BIN', 'C.BIN', 'D.BIN');
    expect([end.get('reason'), end.get('bad')]).toEqual(['io-error', 'B.BIN']);
    expect(spool.names(dir)).toEqual(['B.BIN', 'C.BIN']);
  });

  test('nothing at all while BUNDLE.OK cannot be deleted', async () => {
    const { spool } = bench();
    const dir = `B/${spool.nextId()}`;
    spool.write(`${dir}/A.BIN`, 'a');
    mkdirSync(spool.path(`${dir}/BUNDLE.OK`));
    const end = await remove(dir, 'A.BIN');
    expect([end.get('reason'), end.get('bad')]).toEqual(['io-error', 'BUNDLE.OK']);
    expect(spool.names(dir)).toEqual(['A.BIN', 'BUNDLE.OK']);
  });

  posixTest(kit, 'there are no links')('a link itself and not what it leads to', async () => {
    const { spool } = bench();
    const dir = spool.placed({ 'A.BIN': 'a' });
    spool.write('STAGE/KEPT.BIN', 'kept');
    symlinkSync(spool.path('STAGE/KEPT.BIN'), spool.path(`${dir}/LINK.BIN`));
    expect((await remove(dir, 'A.BIN', 'LINK.BIN')).get('reason')).toBe('done');
    expect(spool.has(dir)).toBe(false);
    expect(spool.read('STAGE/KEPT.BIN')?.toString()).toBe('kept');
  });

  test('so that the same folder can be placed again', async () => {
    const { spool } = bench();
    const dir = spool.placed({ 'A.BIN': 'old' });
    await remove(dir, 'A.BIN');
    spool.write('STAGE/A.BIN', 'new');
    const place = spool.deliver('place', [
      ['dir', dir],
      ['file', `STAGE/A.BIN,A.BIN,3,${crcOf(Buffer.from('new'))}`],
    ]);
    expect((await spool.end(place)).get('reason')).toBe('done');
    expect(spool.names(dir)).toEqual(['A.BIN', 'BUNDLE.OK']);
  });
}
