import { expect, test } from 'vitest';
import { crcOf, type Line } from '../../support/spool-folder.ts';
import { sharedBench, type AgentKit } from './agent-bench.ts';
import type { BundleProgram } from './agent-kit.ts';
import { floodBytes } from './programs.ts';

export function limitContract(kit: AgentKit): void {
  const bench = sharedBench(kit);
  const deliver = ({ files, lines }: BundleProgram, ...more: readonly Line[]): string => {
    const { spool } = bench();
    return spool.deliver('run', [['dir', spool.placed(files)], ...lines, ...more]);
  };

  test('limit_s ends it whatever it prints, with all that it started', async () => {
    const { spool } = bench();
    const program = kit.script('sleep 600 & echo $!; while :; do echo again; sleep 0.05; done', [
      'child',
      'hang',
      'both',
      '100000',
      '50',
    ]);
    const id = deliver(program, ['limit_s', 1]);
    const end = await spool.end(id);
    expect(end.get('reason')).toBe('limit');
    expect([end.get('exit'), end.get('signal')]).toEqual(kit.killed);
    expect(end.number('wall_ms')).toBeGreaterThanOrEqual(1000);
    expect(kit.isGone(Number(/^\d+/.exec(spool.output(id).toString())?.[0]), spool)).toBe(true);
    expect(end.get('log_crc32')).toBe(crcOf(spool.read(`OUT/${id}.LOG`) ?? Buffer.alloc(0)));
  });

  test('quiet_s ends it when it prints nothing any more', async () => {
    const { spool } = bench();
    const program = kit.script('echo once; exec sleep 600', ['say', 'once', 'hang']);
    const end = await spool.end(deliver(program, ['quiet_s', 1], ['limit_s', 30]));
    expect([end.get('reason'), end.number('o_bytes')]).toEqual(['quiet', 5]);
  });

  test('quiet_s leaves it alone while either stream speaks', async () => {
    const { spool } = bench();
    const steps = ['1', '2', '3', '4', '5'].flatMap((word) => ['warn', word, 'wait', '500']);
    const program = kit.script('for i in 1 2 3 4 5; do echo $i >&2; sleep 0.5; done', steps);
    const end = await spool.end(deliver(program, ['quiet_s', 2]));
    expect([end.get('reason'), end.number('e_bytes')]).toEqual(['exited', 10]);
  });

  test('log_max cuts the LOG between records; all 20 MiB are read and counted', async () => {
    const { spool } = bench();
    const most = 300_000;
    const id = deliver(kit.flood(20), ['log_max', most]);
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
