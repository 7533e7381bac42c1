import { expect, test } from 'vitest';
import { isGone, until } from '../../support/spool-folder.ts';
import { onBench, type AgentKit } from './agent-bench.ts';
import { longProgram } from './claim-contract.ts';

export function startContract(kit: AgentKit): void {
  test('makes the folders and tells what the machine is', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const agent = await bench.start();
      expect(spool.names('.')).toEqual(
        expect.arrayContaining(['AGENT.LCK', 'B', 'IN', 'OUT', 'RUN', 'STAGE']),
      );
      const info = await spool.info('at all');
      expect(info.get('v')).toBe('1');
      for (const key of ['agent', 'version', 'build', 'os', 'path', 'clock']) {
        expect(info.get(key), key).toMatch(/./);
      }
      expect(info.get('platform')).toMatch(kit.platform);
      expect(info.get('name')).toBe('TESTBOX');
      expect(info.get('job')).toBe('-');
      expect(info.get('child_pid')).toBeUndefined();
      expect(info.get('simulated')).not.toBe('1');
      expect(info.get('kinds')?.split(',').toSorted()).toEqual([
        'kill',
        'place',
        'probe',
        'remove',
        'run',
        'update',
        'verify',
      ]);
      expect(kit.isAgent(info.number('agent_pid'), agent.pid)).toBe(true);
      for (const key of ['step_us', 'ram_kb', 'disk_free_kb', 'boot', 'seq']) {
        expect(info.number(key), key).toBeGreaterThan(0);
      }
    }));

  test('tells what AGENT.INI says instead of what the system says', () =>
    onBench(kit, async (bench) => {
      const settings = [
        '# a comment',
        '; another',
        'poll_ms=20',
        'name=OLD 1',
        'os=Windows 4.10',
        'platform=win9x',
      ];
      bench.spool.write(
        'AGENT.INI',
        [...settings, 'cpu=486', 'mhz=66', 'ram_kb=16000', 'simulated=1'].join('\r\n'),
      );
      await bench.start();
      const info = await bench.spool.info('at all');
      const told = ['name', 'os', 'platform', 'cpu', 'mhz', 'ram_kb', 'simulated'].map((key) =>
        info.get(key),
      );
      expect(told).toEqual(['OLD 1', 'Windows 4.10', 'win9x', '486', '66', '16000', '1']);
    }));

  test('with beat_s tells of itself again and again', () =>
    onBench(kit, async (bench) => {
      bench.spool.write('AGENT.INI', 'poll_ms=20\r\nbeat_s=1\r\n');
      await bench.start();
      const first = (await bench.spool.info('at all')).number('seq');
      await bench.spool.info('after a beat', (info) => info.number('seq') > first);
    }));

  test('raises boot at each start, whatever one of its two places holds', () =>
    onBench(kit, async (bench) => {
      const damages = [
        ['AGENT.NFO', 'boot=1\r\nseq'],
        ['AGENT.NFO', '\0\0'],
        ['AGENT.CNT', ''],
        ['AGENT.CNT', '-5\r\n'],
        ['AGENT.CNT', '4294967296\r\n'],
        ['AGENT.CNT', '9'.repeat(100_000)],
      ] as const;
      for (const [index, [file, damage]] of damages.entries()) {
        const agent = await bench.start();
        expect((await bench.spool.info('at all')).number('boot')).toBe(index + 1);
        expect(Number(bench.spool.read('AGENT.CNT')?.toString('latin1').split('\r\n')[0])).toBe(index + 1);
        await agent.signal('SIGKILL');
        bench.spool.write(file, damage);
      }
    }));

  test('after the last number that a counter holds comes 1', () =>
    onBench(kit, async (bench) => {
      bench.spool.write('AGENT.CNT', '4294967295\r\n');
      await bench.start();
      expect((await bench.spool.info('at all')).number('boot')).toBe(1);
    }));

  test('a counter that cannot be written keeps it from nothing', () =>
    onBench(kit, async (bench) => {
      bench.spool.write('AGENT.CNT/IN.USE', '');
      await bench.start();
      expect((await bench.spool.info('at all')).number('boot')).toBe(1);
      expect((await bench.spool.end(bench.spool.deliver('probe', []))).get('reason')).toBe('done');
    }));

  test('a second agent on the same spool exits with 3 and changes nothing', () =>
    onBench(kit, async (bench) => {
      const first = await bench.start();
      // A job that no agent claims: a second agent that got in would have to look at it too.
      bench.spool.write('IN/00000001.JOB', 'v=1\r\n');
      bench.spool.write('OUT/00000002.TMP', 'an agent that starts removes this');
      const before = bench.spool.snapshot();
      const second = bench.launch();
      expect(await second.exited).toEqual({ code: 3, signal: null });
      expect(second.said).toMatch(/another agent/);
      expect(bench.spool.snapshot()).toEqual(before);
      expect(isGone(first.pid)).toBe(false);
      await first.signal('SIGKILL');
      await bench.start();
      expect((await bench.spool.info('at all')).number('boot')).toBe(2);
    }));

  test.each(['SIGTERM', 'SIGINT'] as const)('ends on %s, and an idle agent leaves nothing behind', (signal) =>
    onBench(kit, async (bench) => {
      const agent = await bench.start();
      expect(await agent.signal(signal)).toEqual({ code: 0, signal: null });
      expect(bench.spool.names('OUT')).toEqual([]);
    }),
  );

  test('on SIGTERM kills the program and lets its run end as killed', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const agent = await bench.start();
      const { files, lines } = longProgram(kit);
      const id = spool.deliver('run', [['dir', spool.placed(files)], ...lines]);
      await until('the program', () => spool.output(id).toString() === 'awake\n');
      const pid = (
        await spool.info(
          'of the run',
          (info) => info.get('job') === id && info.get('child_pid') !== undefined,
        )
      ).number('child_pid');
      expect(await agent.signal('SIGTERM')).toEqual({ code: 0, signal: null });
      const end = await spool.end(id);
      expect(end.get('reason')).toBe('killed');
      expect(end.get('log_crc32')).toMatch(/^[0-9A-F]{8}$/);
      expect(kit.isGone(pid, spool)).toBe(true);
    }));

  test('an agent without a folder says so', () =>
    onBench(kit, async (bench) => {
      bench.spool.remove();
      const agent = bench.launch();
      const { code } = await agent.exited;
      expect(code).toBeGreaterThan(0);
      expect(agent.said).toMatch(/./);
    }));
}
