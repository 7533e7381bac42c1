import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { agentEnvironment, onBench, type AgentBench } from '../contract/agent/agent-bench.ts';
import { buildAgent, haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { crcOf } from '../support/spool-folder.ts';

if (haveProgram('gcc') && haveProgram('make')) {
  const agent = buildAgent();
  /** A limit of 64 KiB for each file stands for a disk that is full then: the system refuses the write in the same way. */
  const onSmallDisk = (use: (bench: AgentBench) => Promise<void>) =>
    onBench(
      (folder) =>
        spawn('bash', ['-c', 'ulimit -f 64 && exec "$0" "$1"', agent, folder], {
          env: agentEnvironment,
          stdio: ['ignore', 'ignore', 'inherit'],
        }),
      use,
    );

  describe('the agent in C on a full disk', () => {
    test('ends the run disk-full, with a LOG of whole records', () =>
      onSmallDisk(async (bench) => {
        const { spool } = bench;
        await bench.start();
        const dir = spool.placed({ 'RUN.SH': '#!/bin/sh\nwhile :; do echo 0123456789; done\n' });
        const id = spool.deliver('run', [
          ['dir', dir],
          ['exe', 'RUN.SH'],
        ]);
        const end = await spool.end(id);
        expect([end.get('reason'), end.get('log')]).toEqual(['disk-full', 'cut']);
        expect(end.number('exit')).toBe(128 + end.number('signal'));
        const log = spool.read(`OUT/${id}.LOG`) ?? Buffer.alloc(0);
        expect(log.length).toBeGreaterThan(10_000);
        expect(log.length).toBeLessThanOrEqual(65_536);
        expect([end.number('log_bytes'), end.get('log_crc32')]).toEqual([log.length, crcOf(log)]);
        expect(spool.log(id).state).toBe('whole');
        expect((await spool.end(spool.deliver('probe', []))).get('reason')).toBe('done');
      }));

    test('ends a place disk-full, without a part of the copy', () =>
      onSmallDisk(async (bench) => {
        const { spool } = bench;
        await bench.start();
        const bytes = Buffer.alloc(100_000, 'x');
        const from = spool.placed({ 'MODEL.BIN': bytes });
        const id = spool.deliver('place', [
          ['dir', 'B/0000F1A7'],
          ['file', `${from}/MODEL.BIN,MODEL.BIN,${bytes.length},${crcOf(bytes)}`],
        ]);
        const end = await spool.end(id);
        expect([end.get('reason'), end.get('bad')]).toEqual(['disk-full', 'MODEL.BIN']);
        expect(spool.names('B/0000F1A7')).toEqual([]);
      }));
  });
} else {
  notTested('the agent on a full disk', 'there is no gcc or no make');
}
