import { describe, expect, test } from 'vitest';
import { onBench } from '../contract/agent/agent-bench.ts';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { bothAgents, compile, shimmed } from './agents.ts';

const hourMs = 3_600_000;

if (process.platform === 'linux' && haveProgram('gcc') && haveProgram('make')) {
  const shim = compile('shim.c', '-shared', '-fPIC', '-ldl');
  const [inC, simulated] = bothAgents();

  describe.each([
    { ...inC, what: 'in C', settings: { SHIM_WALL: '1' } },
    {
      ...inC,
      what: 'in C on a system without a monotonic clock',
      settings: { SHIM_WALL: '1', SHIM_OLD: '1' },
    },
    { ...simulated, what: 'of the simulator', settings: { SHIM_WALL: '1' } },
  ])('the agent $what, while the clock on the wall is set an hour back and forth', ({ start, settings }) => {
    test('tells times that only go forward, and ends a run by its limits', () =>
      onBench(
        (folder) => start(folder, shimmed(shim, settings)),
        async (bench) => {
          const { spool } = bench;
          await bench.start();
          const script =
            '#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.02; done\nexec sleep 600\n';
          const dir = spool.placed({ 'RUN.SH': script });
          const id = spool.deliver('run', [
            ['dir', dir],
            ['exe', 'RUN.SH'],
            ['quiet_s', 1],
          ]);
          const end = await spool.end(id);
          expect(end.get('reason')).toBe('quiet');
          const times = spool.log(id).records.map(({ ms }) => ms);
          expect(times.length).toBeGreaterThan(1);
          expect(times).toEqual(times.toSorted((a, b) => a - b));
          expect(Math.max(...times)).toBeLessThanOrEqual(end.number('wall_ms'));
          expect(end.number('wall_ms')).toBeLessThan(hourMs);
        },
      ));
  });
} else {
  notTested('an agent with a clock that jumps', 'there is no Linux, gcc or make');
}
