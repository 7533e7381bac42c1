import { expect, test } from 'vitest';
import { sharedBench, type AgentKit } from './agent-bench.ts';
import { killRun, startLongRun } from './claim-contract.ts';

export function killContract(kit: AgentKit): void {
  const bench = sharedBench(kit);
  const token = '00112233445566FF';
  const otherToken = 'FF00112233445566';

  test('kills the active run: when the END says so, the program is gone', async () => {
    const { spool } = bench();
    const { id, pid } = await startLongRun(bench());
    expect(kit.isGone(pid, spool)).toBe(false);
    expect(await killRun(spool, id, token)).toBe('killed');
    expect(kit.isGone(pid, spool)).toBe(true);
    const end = await spool.end(id);
    expect(end.get('reason')).toBe('killed');
    expect([end.get('exit'), end.get('signal')]).toEqual(kit.killed);
    expect(spool.output(id).toString()).toBe('awake\n');
  });

  test('another token kills nothing', async () => {
    const { spool } = bench();
    const { id, pid } = await startLongRun(bench());
    expect(await killRun(spool, id, otherToken)).toBe('not-known');
    expect(kit.isGone(pid, spool)).toBe(false);
    expect(await killRun(spool, id, token)).toBe('killed');
  });

  test('a kill of another job leaves the active run alone', async () => {
    const { spool } = bench();
    const { id, pid } = await startLongRun(bench());
    expect(await killRun(spool, '0000DEAD', token)).toBe('not-known');
    expect(kit.isGone(pid, spool)).toBe(false);
    expect(await killRun(spool, id, token)).toBe('killed');
  });

  test('a job that has ended is already-ended, and keeps its END', async () => {
    const { spool } = bench();
    const job = spool.deliver('probe', []);
    const end = await spool.end(job);
    expect(await killRun(spool, job, token)).toBe('already-ended');
    expect(await killRun(spool, job, otherToken)).toBe('not-known');
    expect(spool.entries(`OUT/${job}.END`)).toEqual(end);
  });

  test('the second kill of a run finds it ended', async () => {
    const { spool } = bench();
    const { id } = await startLongRun(bench());
    expect(await killRun(spool, id, token)).toBe('killed');
    expect(await killRun(spool, id, token)).toBe('already-ended');
    expect((await spool.end(id)).get('reason')).toBe('killed');
  });

  test('a job that still waits is not known', async () => {
    const { spool } = bench();
    const { id } = await startLongRun(bench());
    const waiting = spool.deliver('run', [
      ['dir', 'B/0000DEAD'],
      ['exe', 'RUN.SH'],
    ]);
    expect(await killRun(spool, waiting, token)).toBe('not-known');
    expect(await killRun(spool, id, token)).toBe('killed');
    expect((await spool.end(waiting)).get('reason')).toBe('not-placed');
  });

  test('a probe writes AGENT.NFO once more', async () => {
    const { spool } = bench();
    const before = (await spool.info('before')).number('seq');
    const end = await spool.end(spool.deliver('probe', []));
    expect([end.get('kind'), end.get('reason')]).toEqual(['probe', 'done']);
    expect((await spool.info('after')).number('seq')).toBe(before + 1);
  });

  test('a probe during a run tells of the run', async () => {
    const { spool } = bench();
    const { id, pid } = await startLongRun(bench());
    const before = (await spool.info('before')).number('seq');
    await spool.end(spool.deliver('probe', []));
    const info = await spool.info('after');
    expect([info.number('seq'), info.get('job'), info.number('child_pid')]).toEqual([before + 1, id, pid]);
    expect(await killRun(spool, id, token)).toBe('killed');
  });
}
