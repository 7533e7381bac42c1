import { describe, expect, test } from 'vitest';
import { crcOf, type Line, type SpoolEntries, type SpoolFolder } from '../../support/spool-folder.ts';
import { sharedBench, type AgentKit } from './agent-bench.ts';

const lineOf = (name: string, bytes: string | Buffer): string => {
  const buffer = Buffer.from(bytes);
  return `${name},${buffer.length},${crcOf(buffer)}`;
};

const text = (spool: SpoolFolder, name: string): string | undefined => spool.read(name)?.toString();

export function fileContract(kit: AgentKit): void {
  const bench = sharedBench(kit);
  const job = (kind: 'place' | 'verify', dir: string, files: readonly string[]): Promise<SpoolEntries> => {
    const { spool } = bench();
    return spool.end(spool.deliver(kind, [['dir', dir], ...files.map((file): Line => ['file', file])]));
  };
  const place = (dir: string, ...files: readonly string[]) => job('place', dir, files);
  const verify = (dir: string, ...files: readonly string[]) => job('verify', dir, files);
  const newDir = (): string => `B/${bench().spool.nextId()}`;

  describe('place', () => {
    test('moves from STAGE, copies from another bundle, and commits with BUNDLE.OK', async () => {
      const { spool } = bench();
      const dir = newDir();
      const large = Buffer.alloc(1_000_003, 'abc');
      const other = spool.placed({ 'MODEL.BIN': large });
      spool.write('STAGE/11111111.000', 'engine');
      spool.write('STAGE/11111111.001', '');
      const files = [lineOf('ENGINE.EXE', 'engine'), lineOf('EMPTY.TXT', ''), lineOf('STORY.BIN', large)];
      const id = spool.deliver('place', [
        ['dir', dir],
        ['file', `STAGE/11111111.000,${files[0]}`],
        ['file', `STAGE/11111111.001,${files[1]}`],
        ['file', `${other}/MODEL.BIN,${files[2]}`],
      ]);
      const end = await spool.end(id);
      expect([end.get('kind'), end.get('reason'), end.get('bad')]).toEqual(['place', 'done', undefined]);
      expect(end.all('file')).toEqual(files);
      expect(spool.names(dir)).toEqual(['BUNDLE.OK', 'EMPTY.TXT', 'ENGINE.EXE', 'STORY.BIN']);
      expect(text(spool, `${dir}/ENGINE.EXE`)).toBe('engine');
      expect(spool.read(`${dir}/STORY.BIN`)?.equals(large)).toBe(true);
      expect(spool.names('STAGE')).toEqual([]);
      expect(spool.read(`${other}/MODEL.BIN`)?.equals(large)).toBe(true);
      const whole = spool.entries(`${dir}/BUNDLE.OK`);
      const marks = ['v', 'id', 'token', 'daemon'].map((key) => whole.get(key));
      expect(marks).toEqual(['1', id, '00112233445566FF', 'DAE0000000000001']);
      expect(whole.all('file')).toEqual(files);
    });

    test('ends mismatch at the first wrong source; what was placed stays, and it can be repeated', async () => {
      const { spool } = bench();
      const dir = newDir();
      const files = [lineOf('A.BIN', 'first'), lineOf('B.BIN', 'second'), lineOf('C.BIN', 'third')];
      spool.write('STAGE/A.BIN', 'first');
      spool.write('STAGE/B.BIN', 'secund');
      spool.write('STAGE/C.BIN', 'third');
      const lines = files.map((file) => `STAGE/${file.slice(0, 5)},${file}`);
      const end = await place(dir, ...lines);
      expect([end.get('reason'), end.get('bad')]).toEqual(['mismatch', 'B.BIN']);
      expect(end.all('file')).toEqual([files[0], lineOf('B.BIN', 'secund')]);
      expect(spool.names(dir)).toEqual(['A.BIN']);
      expect(spool.names('STAGE')).toEqual(['B.BIN', 'C.BIN']);
      // A leftover of the first attempt, as after a resent upload.
      spool.write('STAGE/A.BIN', 'first');
      spool.write('STAGE/B.BIN', 'second');
      expect((await place(dir, ...lines)).get('reason')).toBe('done');
      expect(spool.names(dir)).toEqual(['A.BIN', 'B.BIN', 'BUNDLE.OK', 'C.BIN']);
      expect(spool.names('STAGE')).toEqual([]);
    });

    test.each([
      ['STAGE', 'STAGE/GONE.BIN'],
      ['a bundle', 'B/0000DEAD/GONE.BIN'],
    ])('ends missing when the source is not in %s', async (_, source) => {
      const { spool } = bench();
      const dir = newDir();
      const end = await place(dir, `${source},${lineOf('A.BIN', 'a')}`);
      expect([end.get('reason'), end.get('bad'), end.all('file')]).toEqual(['missing', 'A.BIN', []]);
      expect(spool.has(`${dir}/BUNDLE.OK`)).toBe(false);
    });

    test('a wrong copy source is never taken', async () => {
      const { spool } = bench();
      const dir = newDir();
      const other = spool.placed({ 'A.BIN': 'damaged' });
      const end = await place(dir, `${other}/A.BIN,${lineOf('A.BIN', 'correct')}`);
      expect([end.get('reason'), end.get('bad')]).toEqual(['mismatch', 'A.BIN']);
      expect(spool.names(dir)).toEqual([]);
    });

    test('a wrong target and leftovers of an interrupted place are replaced while there is no BUNDLE.OK', async () => {
      const { spool } = bench();
      const dir = newDir();
      const other = spool.placed({ 'B.BIN': 'right b' });
      spool.write(`${dir}/A.BIN`, 'wrong');
      spool.write(`${dir}/B.BIN`, 'wrong too');
      spool.write(`${dir}/PLACE.TMP`, 'half a copy');
      spool.write(`${dir}/BUNDLE.TMP`, 'half a commit');
      spool.write('STAGE/A.BIN', 'right a');
      const end = await place(
        dir,
        `STAGE/A.BIN,${lineOf('A.BIN', 'right a')}`,
        `${other}/B.BIN,${lineOf('B.BIN', 'right b')}`,
      );
      expect(end.get('reason')).toBe('done');
      expect([text(spool, `${dir}/A.BIN`), text(spool, `${dir}/B.BIN`)]).toEqual(['right a', 'right b']);
      expect(spool.names(dir)).toEqual(['A.BIN', 'B.BIN', 'BUNDLE.OK']);
    });

    test('with BUNDLE.OK there it only measures: all right is done', async () => {
      const { spool } = bench();
      const dir = spool.placed({ 'A.BIN': 'a' });
      const before = spool.read(`${dir}/BUNDLE.OK`);
      const end = await place(dir, `STAGE/NONE.BIN,${lineOf('A.BIN', 'a')}`);
      expect([end.get('reason'), end.all('file')]).toEqual(['done', [lineOf('A.BIN', 'a')]]);
      expect(spool.read(`${dir}/BUNDLE.OK`)).toEqual(before);
    });

    test.each([
      ['wrong', { 'A.BIN': 'old' }],
      ['missing', { 'OTHER.BIN': 'old' }],
    ])('with BUNDLE.OK there it never replaces: %s is a mismatch', async (_, files) => {
      const { spool } = bench();
      const dir = spool.placed(files);
      spool.write('STAGE/NEW.BIN', 'new');
      const before = spool.names(dir);
      const end = await place(dir, `STAGE/NEW.BIN,${lineOf('A.BIN', 'new')}`);
      expect([end.get('reason'), end.get('bad')]).toEqual(['mismatch', 'A.BIN']);
      expect(spool.names(dir)).toEqual(before);
      for (const [name, bytes] of Object.entries(files)) expect(text(spool, `${dir}/${name}`)).toBe(bytes);
      expect(text(spool, 'STAGE/NEW.BIN')).toBe('new');
    });

    test('takes 64 files', async () => {
      const { spool } = bench();
      const dir = newDir();
      const names = Array.from({ length: 64 }, (_, index) => `FILE${index}.BIN`);
      for (const name of names) spool.write(`STAGE/${name}`, name);
      const end = await place(dir, ...names.map((name) => `STAGE/${name},${lineOf(name, name)}`));
      expect(end.get('reason')).toBe('done');
      expect(end.all('file')).toEqual(names.map((name) => lineOf(name, name)));
    });
  });

  describe('verify', () => {
    test('ends done when all is right', async () => {
      const dir = bench().spool.placed({ 'A.BIN': 'a', 'B.BIN': '' });
      const files = [lineOf('A.BIN', 'a'), lineOf('B.BIN', '')];
      const end = await verify(dir, ...files);
      expect([end.get('kind'), end.get('reason'), end.all('file'), end.get('bad')]).toEqual([
        'verify',
        'done',
        files,
        undefined,
      ]);
    });

    test.each([
      ['mismatch', { 'A.BIN': 'a', 'B.BIN': 'x', 'C.BIN': 'c' }, 'B.BIN', ['A.BIN', 'B.BIN', 'C.BIN']],
      ['missing', { 'A.BIN': 'a', 'C.BIN': 'x' }, 'B.BIN', ['A.BIN', 'C.BIN']],
      ['mismatch', { 'A.BIN': 'x', 'B.BIN': 'b' }, 'A.BIN', ['A.BIN', 'B.BIN']],
    ])(
      'ends %s, names the first that is not right, and changes nothing',
      async (reason, files, bad, measured) => {
        const { spool } = bench();
        const dir = spool.placed(files);
        const before = spool.names(dir);
        const end = await verify(dir, lineOf('A.BIN', 'a'), lineOf('B.BIN', 'b'), lineOf('C.BIN', 'c'));
        expect([end.get('reason'), end.get('bad')]).toEqual([reason, bad]);
        const found = new Map(Object.entries(files));
        expect(end.all('file')).toEqual(measured.map((name) => lineOf(name, found.get(name) ?? '')));
        expect(spool.names(dir)).toEqual(before);
      },
    );

    test('ends not-placed without BUNDLE.OK', async () => {
      const { spool } = bench();
      const dir = newDir();
      spool.write(`${dir}/A.BIN`, 'a');
      expect((await verify(dir, lineOf('A.BIN', 'a'))).get('reason')).toBe('not-placed');
    });
  });
}
