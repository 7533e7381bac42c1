import { expect, test } from 'vitest';
import { testToken, type SpoolEntries, type SpoolFolder } from '../../support/spool-folder.ts';
import { onBench, type AgentBench } from './agent-bench.ts';
import type { AgentKit, StartAgent } from './agent-kit.ts';
import { longProgram } from './claim-contract.ts';
import { updateLine, type AgentPrograms } from './update-programs.ts';

const update = (spool: SpoolFolder, bytes: Buffer): Promise<SpoolEntries> =>
  spool.end(spool.deliver('update', [updateLine(bytes)]));
const ofBuild = (spool: SpoolFolder, build: string): Promise<SpoolEntries> =>
  spool.info(`of build ${build}`, (info) => info.get('build') === build);

/** `startFromSpool` starts the AGENT.EXE of the spool, or what stands for it. */
export function updateContract(startFromSpool: StartAgent | AgentKit, programs: AgentPrograms): void {
  const { old, oldBuild, next, nextBuild } = programs;
  const onSpool = (work: (bench: AgentBench, spool: SpoolFolder) => Promise<void>): Promise<void> =>
    onBench(startFromSpool, async (bench) => {
      bench.spool.write('AGENT.EXE', old);
      bench.spool.write('STAGE/NEW.EXE', next);
      await bench.start();
      await work(bench, bench.spool);
    });
  const expectOld = async (spool: SpoolFolder): Promise<void> => {
    expect(spool.read('AGENT.EXE')?.equals(old)).toBe(true);
    expect((await spool.end(spool.deliver('probe', []))).get('reason')).toBe('done');
    expect(spool.entries('AGENT.NFO').get('build')).toBe(oldBuild);
  };

  test('tells that it knows the kind, and what programs are built for here', () =>
    onSpool(async (_, spool) => {
      const info = spool.entries('AGENT.NFO');
      expect(info.get('kinds')?.split(',')).toContain('update');
      expect(info.get('build')).toBe(oldBuild);
      expect(info.get('arch')).toMatch(/^\w+$/);
    }));

  test('gives way to the new program, which says that it is done and works on', () =>
    onSpool(async (_, spool) => {
      const boot = spool.entries('AGENT.NFO').number('boot');
      const end = await update(spool, next);
      expect([end.get('kind'), end.get('reason')]).toEqual(['update', 'done']);
      expect(end.get('file')).toBe(String(updateLine(next)[1]).slice('STAGE/NEW.EXE,'.length));
      const info = await ofBuild(spool, nextBuild);
      expect(info.number('boot')).toBe(boot + 1);
      expect([spool.read('AGENT.EXE')?.equals(next), spool.read('AGENT.OLD')?.equals(old)]).toEqual([
        true,
        true,
      ]);
      expect([spool.names('STAGE'), spool.names('RUN'), spool.names('IN')]).toEqual([[], [], []]);
      expect((await spool.end(spool.deliver('probe', []))).get('reason')).toBe('done');
    }));

  test('is done at once with a program that is there already', () =>
    onSpool(async (_, spool) => {
      await update(spool, next);
      const boot = (await ofBuild(spool, nextBuild)).number('boot');
      spool.write('STAGE/NEW.EXE', next);
      expect((await update(spool, next)).get('reason')).toBe('done');
      expect(spool.names('STAGE')).toEqual([]);
      await spool.end(spool.deliver('probe', []));
      expect(spool.entries('AGENT.NFO').number('boot')).toBe(boot);
    }));

  test('can be taken back', () =>
    onSpool(async (_, spool) => {
      await update(spool, next);
      spool.write('STAGE/NEW.EXE', old);
      expect((await update(spool, old)).get('reason')).toBe('done');
      await ofBuild(spool, oldBuild);
      expect(spool.read('AGENT.OLD')?.equals(next)).toBe(true);
    }));

  test('is refused for other bytes, and for none', () =>
    onSpool(async (_, spool) => {
      spool.write('STAGE/NEW.EXE', next.subarray(0, -1));
      const wrong = await update(spool, next);
      expect([wrong.get('reason'), wrong.get('bad')]).toEqual(['mismatch', 'AGENT.EXE']);
      const missing = await spool.end(spool.deliver('update', [updateLine(next, 'STAGE/NONE.EXE')]));
      expect([missing.get('reason'), missing.get('bad')]).toEqual(['missing', 'AGENT.EXE']);
      await expectOld(spool);
    }));

  test('is refused for what is no program, and for what is no agent; the old one goes on', () =>
    onSpool(async (_, spool) => {
      for (const text of [
        'this is no program\n',
        '#!/bin/sh\nexit 0\n',
        '#!/bin/sh\necho agent98\nexit 1\n',
      ]) {
        const bytes = Buffer.from(text);
        spool.write('STAGE/NEW.EXE', bytes);
        const end = await update(spool, bytes);
        expect([end.get('reason'), end.get('oserr') === undefined]).toEqual(['start-failed', false]);
        await expectOld(spool);
      }
      expect(spool.has('AGENT.OLD')).toBe(false);
    }));

  test.each([
    ['two files', [updateLine(next), updateLine(next)]],
    ['no file', []],
    ['a file that lies elsewhere', [updateLine(next, 'B/00000001/NEW.EXE')]],
    ['another name', [['file', 'STAGE/NEW.EXE,TINY98.EXE,1,00000000'] as const]],
  ])('with %s is no job', (_, lines) =>
    onSpool(async (_bench, spool) => {
      const end = await spool.end(spool.deliver('update', lines));
      expect([end.get('reason'), end.get('why')]).toEqual(['bad-job', 'file']);
      await expectOld(spool);
    }),
  );

  test('waits until a run is over', () =>
    onSpool(async ({ kit }, spool) => {
      const { files, lines } = longProgram(kit);
      const run = spool.deliver('run', [['dir', spool.placed(files)], ...lines]);
      await spool.info('with the run', (info) => info.get('job') === run);
      const id = spool.deliver('update', [updateLine(next)]);
      expect((await spool.end(spool.deliver('probe', []))).get('reason')).toBe('done');
      expect([spool.has(`IN/${id}.JOB`), spool.has(`OUT/${run}.END`)]).toEqual([true, false]);
      spool.deliver('kill', [
        ['target', run],
        ['target_token', testToken],
      ]);
      expect((await spool.end(run)).get('reason')).toBe('killed');
      expect((await spool.end(id)).get('reason')).toBe('done');
      await ofBuild(spool, nextBuild);
    }));

  test('that was cut before or after the new program got its place is brought to its end', async () => {
    for (const isReplaced of [false, true]) {
      await onBench(startFromSpool, async (bench) => {
        const { spool } = bench;
        const id = spool.nextId();
        spool.write('AGENT.EXE', isReplaced ? next : old);
        if (!isReplaced) spool.write('STAGE/NEW.EXE', next);
        spool.write(`RUN/${id}.RUN`, spool.jobBytes(id, 'update', [updateLine(next)]));
        bench.launch();
        expect((await spool.end(id)).get('reason')).toBe('done');
        await ofBuild(spool, nextBuild);
        expect(spool.names('STAGE')).toEqual([]);
      });
    }
  });
}
