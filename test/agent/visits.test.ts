import { describe, expect, test } from 'vitest';
import { onBench } from '../contract/agent/agent-bench.ts';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { until } from '../support/spool-folder.ts';
import type { SpoolFolder } from '../support/spool-folder.ts';
import { bothAgents } from './agents.ts';

/** A visit that lasts until GO.TXT is there. */
const visit = [
  'echo begun >> VISITS.TXT',
  'cat >> VISITS.TXT',
  'while [ ! -f GO.TXT ]; do sleep 0.02; done',
  'rm GO.TXT',
  'echo over >> VISITS.TXT',
  '',
].join('\n');

const visitsOf = (spool: SpoolFolder): string =>
  (spool.read('VISITS.TXT') ?? '').toString().replaceAll('\n', ' ').trim();

const run = (spool: SpoolFolder, script: string): string =>
  spool.deliver('run', [
    ['dir', spool.placed({ 'RUN.SH': `#!/bin/sh\n${script}\n` })],
    ['exe', 'RUN.SH'],
  ]);

function visitTests(): void {
  const [{ start }] = bothAgents();

  test('begins again and again, never beside itself, and while jobs are done', () =>
    onBench(start, async (bench) => {
      const { spool } = bench;
      spool.write('AGENT.INI', 'poll_ms=20\r\npull=sh VISIT.SH\r\npull_s=1\r\n');
      spool.write('VISIT.SH', visit);
      await bench.start();
      await until('the first visit', () => visitsOf(spool) === 'begun');
      await spool.end(run(spool, 'sleep 2.5'));
      expect(visitsOf(spool)).toBe('begun');
      const long = run(spool, 'exec sleep 600');
      await until('the long run', () => spool.has(`RUN/${long}.RUN`));
      spool.write('GO.TXT', '');
      await until('the second visit', () => visitsOf(spool) === 'begun over begun');
      expect(spool.has(`OUT/${long}.END`)).toBe(false);
      spool.write('GO.TXT', '');
      await until('its end', () => visitsOf(spool).startsWith('begun over begun over'));
      spool.write('GO.TXT', '');
    }));

  test('a visit that cannot begin harms nothing', () =>
    onBench(start, async (bench) => {
      const { spool } = bench;
      spool.write('AGENT.INI', 'poll_ms=20\r\npull=no-such-command 2> SAID.TXT\r\npull_s=0\r\n');
      await bench.start();
      await until('what the shell says', () => (spool.read('SAID.TXT')?.length ?? 0) > 0);
      expect((await spool.end(run(spool, 'exit 3'))).get('exit')).toBe('3');
    }));

  test('without `pull` nothing begins by itself', () =>
    onBench(start, async (bench) => {
      const { spool } = bench;
      spool.write('AGENT.INI', 'poll_ms=20\r\npull=\r\npull_s=1\r\n');
      spool.write('VISIT.SH', visit);
      await bench.start();
      await spool.end(run(spool, 'sleep 1.5'));
      expect(visitsOf(spool)).toBe('');
    }));
}

if (process.platform === 'linux' && haveProgram('gcc') && haveProgram('make')) {
  describe('the command of AGENT.INI that brings the machine to the daemon', visitTests);
} else {
  notTested('visits that the agent begins', 'there is no Linux, gcc or make');
}
