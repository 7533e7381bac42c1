import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { agentEnvironment, onBench, type AgentBench } from '../contract/agent/agent-bench.ts';
import { buildAgent, haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { crcOf, until, type SpoolFolder } from '../support/spool-folder.ts';
import { bothAgents } from './agents.ts';

const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;

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
  describe.each(bothAgents())('the agent $name on a disk without a free byte', ({ start }) => {
    const onFullDisk = (use: (bench: AgentBench) => Promise<void>) =>
      onBench(start, async (bench) => {
        const { root } = bench.spool;
        mount(root);
        try {
          bench.spool.write('AGENT.INI', 'poll_ms=20\r\n');
          await use(bench);
        } finally {
          spawnSync('umount', ['-l', root]);
        }
      });

    test.skipIf(!canMount)('still says how its run ended, and what it printed before', () =>
      onFullDisk(async (bench) => {
        const { spool } = bench;
        const first = await bench.start();
        const script = '#!/bin/sh\necho first\nuntil [ -e GO ]; do sleep 0.05; done\nexec cat /dev/zero\n';
        const dir = spool.placed({ 'RUN.SH': script });
        const id = spool.deliver('run', [
          ['dir', dir],
          ['exe', 'RUN.SH'],
        ]);
        await until('its first words', () => spool.output(id).toString() === 'first\n');
        spool.write(`${dir}/GO`, '');
        fill(spool);
        const end = await spool.end(id);
        expect([end.get('reason'), end.get('log')]).toEqual(['disk-full', 'cut']);
        const log = spool.read(`OUT/${id}.LOG`) ?? Buffer.alloc(0);
        expect([end.number('log_bytes'), end.get('log_crc32')]).toEqual([log.length, crcOf(log)]);
        expect(spool.log(id).state).toBe('whole');
        expect(spool.output(id).toString().startsWith('first\n')).toBe(true);
        // With room again a new agent goes on.
        await first.signal('SIGKILL');
        spool.write('STAGE/FILLER.BIN', '');
        await bench.start();
        expect((await spool.end(spool.deliver('probe', []))).get('reason')).toBe('done');
      }),
    );
  });
} else {
  notTested('the agent on a full disk', 'there is no gcc or no make');
}

function mount(folder: string): void {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'fleet98', folder], {
    encoding: 'utf8',
  });
  if (mounted.status !== 0) throw new Error(`no disk could be mounted: ${mounted.stderr}`);
}

/** Takes all the room that is left. */
function fill(spool: SpoolFolder): void {
  const file = openSync(spool.path('STAGE/FILLER.BIN'), 'a');
  try {
    for (;;) writeSync(file, Buffer.alloc(512, 'x'));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    closeSync(file);
  }
}
