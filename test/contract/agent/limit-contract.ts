import { expect, test } from 'vitest';
import { crcOf, isGone, type Line } from '../../support/spool-folder.ts';
import { sharedBench, type StartAgent } from './agent-bench.ts';
import { floodBytes, floodProgram } from './programs.ts';

export function limitContract(startAgent: StartAgent): void {
  const bench = sharedBench(startAgent);
  const deliver = (text: string, ...lines: readonly Line[]): string => {
    const { spool } = bench();
    const dir = spool.placed({ 'RUN.SH': `#!/bin/sh\n${text}\n` });
    return spool.deliver('run', [['dir', dir], ['exe', 'RUN.SH'], ...lines]);
  };

  test('limit_s ends it whatever it prints, with all that it started', async () => {
    const { spool } = bench();
    const id = deliver('sleep 600 & echo $!; while :; do echo again; sleep 0.05; done', ['limit_s', 1]);
    const end = await spool.end(id);
    expect(end.get('reason')).toBe('limit');
    expect(end.number('exit')).toBe(128 + end.number('signal'));
    expect(end.number('wall_ms')).toBeGreaterThanOrEqual(1000);
    expect(isGone(Number(/^\d+/.exec(spool.output(id).toString())?.[0]))).toBe(true);
    expect(end.get('log_crc32')).toBe(crcOf(spool.read(`OUT/${id}.LOG`) ?? Buffer.alloc(0)));
  });

  test('quiet_s ends it when it prints nothing any more', async () => {
    const { spool } = bench();
    const end = await spool.end(deliver('echo once; exec sleep 600', ['quiet_s', 1], ['limit_s', 30]));
    expect([end.get('reason'), end.number('o_bytes')]).toEqual(['quiet', 5]);
  });

  test('quiet_s leaves it alone while either stream speaks', async () => {
    const { spool } = bench();
    const end = await spool.end(
      deliver('for i in 1 2 3 4 5; do echo $i >&2; sleep 0.5; done', ['quiet_s', 2]),
    );
    expect([end.get('reason'), end.number('e_bytes')]).toEqual(['exited', 10]);
  });

  test('log_max cuts the LOG between records; all 20 MiB are read and counted', async () => {
    const { spool } = bench();
    const dir = spool.placed({ 'FLOOD.CJS': floodProgram });
    const most = 300_000;
    const id = spool.deliver('run', [
      ['dir', dir],
      ['prog', 'node'],
      ['arg', 'FLOOD.CJS'],
      ['arg', '20'],
      ['log_max', most],
    ]);
    const end = await spool.end(id, 25_000);
    expect([end.get('reason'), end.get('exit'), end.get('log')]).toEqual(['exited', '0', 'cut']);
    expect([end.number('o_bytes'), end.number('e_bytes')]).toEqual([20 * 1024 * 1024, 0]);
    const log = spool.read(`OUT/${id}.LOG`) ?? Buffer.alloc(0);
    expect(log.length).toBeLessThanOrEqual(most);
    expect(log.length).toBeGreaterThan(most - 10_000);
    expect([end.number('log_bytes'), end.get('log_crc32')]).toEqual([log.length, crcOf(log)]);
    expect(spool.log(id).state).toBe('whole');
    const output = spool.output(id);
    expect(output.equals(floodBytes(output.length))).toBe(true);
  });
}
