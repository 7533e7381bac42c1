import { mkdirSync, rmdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { crcOf, encodeSpoolFile, until, type Line, type SpoolFolder } from '../../support/spool-folder.ts';
import type { BundleProgram } from './agent-kit.ts';
import { onBench, sharedBench, type AgentBench, type AgentKit } from './agent-bench.ts';

/** Says that it runs, then does nothing for a long time. */
export const longProgram = (kit: AgentKit): BundleProgram =>
  kit.script('echo awake\nexec sleep 600', ['say', 'awake', 'hang']);

/** Delivers a run that lasts until it is killed, and waits until its program is there. */
export async function startLongRun({
  spool,
  kit,
}: AgentBench): Promise<{ readonly id: string; readonly pid: number; readonly lines: readonly Line[] }> {
  const { files, lines } = longProgram(kit);
  const job: readonly Line[] = [['dir', spool.placed(files)], ...lines];
  const id = spool.deliver('run', job);
  await until('the program', () => spool.output(id).toString() === 'awake\n');
  const info = await spool.info(
    'of the run',
    (told) => told.get('job') === id && told.get('child_pid') !== undefined,
  );
  return { id, pid: info.number('child_pid'), lines: job };
}

/** Kills a run through the agent. */
export async function killRun(spool: SpoolFolder, id: string, token: string): Promise<string | undefined> {
  const kill = spool.deliver('kill', [
    ['target', id],
    ['target_token', token],
  ]);
  return (await spool.end(kill)).get('reason');
}

export function claimContract(kit: AgentKit): void {
  const bench = sharedBench(kit);
  const token = '00112233445566FF';

  test('in ascending order, one run at a time', () =>
    onBench(kit, async (own) => {
      const { spool } = own;
      const dir = spool.placed({ 'NOTE.SH': kit.note });
      const ids = ['C0000000', '0A000000', 'B0000000', '00000009', '10000000'];
      for (const id of ids) {
        spool.deliver(
          'run',
          [
            ['dir', dir],
            ['exe', 'NOTE.SH'],
            ['arg', id],
          ],
          id,
        );
      }
      await own.start();
      for (const id of ids) expect((await spool.end(id)).get('exit')).toBe('0');
      expect(spool.read(`${dir}/STARTS.TXT`)?.toString().trim().split('\n')).toEqual(ids.toSorted());
    }));

  test('a job whose eof=1 comes later is taken then', async () => {
    const { spool } = bench();
    const id = spool.nextId();
    const bytes = spool.jobBytes(id, 'probe', []);
    spool.write(`IN/${id}.JOB`, bytes.subarray(0, bytes.length - 7));
    await spool.end(spool.deliver('probe', []));
    expect(spool.has(`IN/${id}.JOB`)).toBe(true);
    spool.write(`IN/${id}.JOB`, bytes);
    expect((await spool.end(id)).get('reason')).toBe('done');
  });

  test('a job with an END was taken before: only IN is deleted', async () => {
    const { spool } = bench();
    const dir = spool.placed({ 'NOTE.SH': kit.note });
    const id = spool.nextId();
    const old = encodeSpoolFile([
      ['v', 1],
      ['id', id],
      ['reason', 'exited'],
    ]);
    spool.write(`OUT/${id}.END`, old);
    spool.deliver(
      'run',
      [
        ['dir', dir],
        ['exe', 'NOTE.SH'],
        ['arg', 'again'],
      ],
      id,
    );
    await until('the second delivery to be refused', () => !spool.has(`IN/${id}.JOB`));
    await spool.end(spool.deliver('probe', []));
    expect(spool.read(`OUT/${id}.END`)).toEqual(old);
    expect(
      [`OUT/${id}.LOG`, `OUT/${id}.TMP`, `RUN/${id}.RUN`, `${dir}/STARTS.TXT`].filter((name) =>
        spool.has(name),
      ),
    ).toEqual([]);
  });

  test('a job of which only a LOG is left ends bad-job and never starts', async () => {
    const { spool } = bench();
    const dir = spool.placed({ 'NOTE.SH': kit.note });
    const id = spool.nextId();
    spool.write(`OUT/${id}.LOG`, 'what is left');
    spool.deliver(
      'run',
      [
        ['dir', dir],
        ['exe', 'NOTE.SH'],
        ['arg', 'again'],
      ],
      id,
    );
    const end = await spool.end(id);
    expect([end.get('reason'), end.get('why'), end.get('token')]).toEqual(['bad-job', 'log-exists', token]);
    expect(spool.read(`OUT/${id}.LOG`)?.toString()).toBe('what is left');
    expect(spool.has(`${dir}/STARTS.TXT`)).toBe(false);
  });

  test('a job stays in IN while the file for its END cannot be made', () =>
    onBench(kit, async (own) => {
      const { spool } = own;
      const id = spool.nextId();
      await own.start();
      mkdirSync(spool.path(`OUT/${id}.TMP`));
      spool.deliver('probe', [], id);
      await spool.end(spool.deliver('probe', []));
      expect(spool.has(`IN/${id}.JOB`)).toBe(true);
      rmdirSync(spool.path(`OUT/${id}.TMP`));
      expect((await spool.end(id)).get('reason')).toBe('done');
    }));

  test('the END has the marks of the job, and TMP and RUN are gone', async () => {
    const { spool } = bench();
    const id = spool.deliver('probe', []);
    const end = await spool.end(id);
    const marks = ['v', 'id', 'token', 'daemon', 'kind', 'reason'].map((key) => end.get(key));
    expect(marks).toEqual(['1', id, token, 'DAE0000000000001', 'probe', 'done']);
    const rest = [`OUT/${id}.TMP`, `RUN/${id}.RUN`, `IN/${id}.JOB`, `OUT/${id}.LOG`];
    expect(rest.filter((name) => spool.has(name))).toEqual([]);
  });

  test('makes room for the END of a bundle of 64 files', async () => {
    const { spool } = bench();
    const names = Array.from({ length: 64 }, (_, index) => `LONGN${100 + index}.BIN`);
    const dir = spool.placed(Object.fromEntries(names.map((name) => [name, 'x'])));
    const files = names.map((name): Line => ['file', `${name},1,${crcOf(Buffer.from('x'))}`]);
    const id = spool.deliver('verify', [['dir', dir], ...files]);
    const end = await spool.end(id);
    expect([end.get('reason'), end.all('file').length]).toEqual(['done', 64]);
    const bytes = spool.read(`OUT/${id}.END`) ?? Buffer.alloc(0);
    expect(bytes.length).toBe(2048 + 64 * 48);
    // What is behind it was there before it was written.
    expect(bytes.toString('latin1')).toMatch(/\r\neof=1\r\n +$/);
  });

  describe('while a run is active', () => {
    test('keeps its file as RUN, and room for its END', async () => {
      const { spool } = bench();
      const { id, lines } = await startLongRun(bench());
      expect(spool.read(`RUN/${id}.RUN`)).toEqual(spool.jobBytes(id, 'run', lines));
      expect(spool.read(`OUT/${id}.TMP`)?.length).toBeGreaterThanOrEqual(2048);
      expect(spool.has(`OUT/${id}.END`)).toBe(false);
      expect(await killRun(spool, id, token)).toBe('killed');
    });

    test('only kill and probe are claimed, the others when it is over', async () => {
      const { spool } = bench();
      const { id } = await startLongRun(bench());
      const dir = spool.placed({ 'NOTE.SH': kit.note });
      const waiting = [
        spool.deliver('run', [
          ['dir', dir],
          ['exe', 'NOTE.SH'],
          ['arg', 'x'],
        ]),
        spool.deliver('place', [
          ['dir', 'B/0000F1A7'],
          ['file', 'STAGE/A,A,1,00000000'],
        ]),
        spool.deliver('verify', [
          ['dir', dir],
          ['file', 'NOTE.SH,1,00000000'],
        ]),
        spool.deliver('format', []),
      ];
      for (let round = 0; round < 3; round++) {
        expect((await spool.end(spool.deliver('probe', []))).get('reason')).toBe('done');
      }
      expect(waiting.filter((job) => !spool.has(`IN/${job}.JOB`))).toEqual([]);
      expect(await killRun(spool, id, token)).toBe('killed');
      const reasons = [];
      for (const job of waiting) reasons.push((await spool.end(job)).get('reason'));
      expect(reasons).toEqual(['exited', 'missing', 'mismatch', 'bad-job']);
    });

    test('a second delivery of the same job starts nothing', async () => {
      const { spool } = bench();
      const { id, lines } = await startLongRun(bench());
      spool.deliver('run', lines, id);
      await spool.end(spool.deliver('probe', []));
      expect(await killRun(spool, id, token)).toBe('killed');
      const end = await spool.end(id);
      await until('the second delivery to be refused', () => !spool.has(`IN/${id}.JOB`));
      await spool.end(spool.deliver('probe', []));
      expect(spool.output(id).toString()).toBe('awake\n');
      expect(spool.entries(`OUT/${id}.END`)).toEqual(end);
      expect(spool.has(`RUN/${id}.RUN`)).toBe(false);
    });
  });
}
