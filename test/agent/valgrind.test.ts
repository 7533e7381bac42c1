import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { agentEnvironment, onBench } from '../contract/agent/agent-bench.ts';
import { buildAgent, haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { crcOf, until } from '../support/spool-folder.ts';

const waitMs = 60_000;
const faults = 9;

if (haveProgram('gcc') && haveProgram('make') && haveProgram('valgrind')) {
  const agent = buildAgent({ CFLAGS: '-O1 -g', LDFLAGS: '' });
  const valgrind = ['-q', `--error-exitcode=${faults}`, '--leak-check=full', '--child-silent-after-fork=yes'];

  test(
    'a place, a run, a remove, a bad job and a restart are clean under valgrind',
    () =>
      onBench(
        (folder) =>
          spawn('valgrind', [...valgrind, agent, folder], {
            env: agentEnvironment,
            stdio: ['ignore', 'ignore', 'inherit'],
          }),
        async (bench) => {
          const { spool } = bench;
          const script = '#!/bin/sh\nset -e\nhead -c 100000 /dev/zero\necho "$1" >&2\necho kept >SIDE.TXT\n';
          const file = `RUN.SH,${script.length},${crcOf(Buffer.from(script))}`;
          spool.write('STAGE/RUN.SH', script);
          const first = bench.launch();
          const place = spool.deliver('place', [
            ['dir', 'B/0000F1A7'],
            ['file', `STAGE/RUN.SH,${file}`],
          ]);
          expect((await spool.end(place, waitMs)).get('reason')).toBe('done');
          const copied = spool.deliver('place', [
            ['dir', 'B/0000F1A8'],
            ['file', `B/0000F1A7/RUN.SH,${file}`],
          ]);
          expect((await spool.end(copied, waitMs)).get('reason')).toBe('done');
          const run = spool.deliver('run', [
            ['dir', 'B/0000F1A8'],
            ['exe', 'RUN.SH'],
            ['arg', 'ü'.repeat(1000)],
            ['keep', 'SIDE.TXT'],
            ['limit_s', 60],
          ]);
          const end = await spool.end(run, waitMs);
          expect([end.get('exit'), end.number('o_bytes'), end.number('e_bytes')]).toEqual([
            '0',
            100_000,
            2001,
          ]);
          const removed = spool.deliver('remove', [
            ['dir', 'B/0000F1A7'],
            ['file', 'RUN.SH'],
            ['file', 'SIDE.TXT'],
          ]);
          expect((await spool.end(removed, waitMs)).get('reason')).toBe('done');
          const bad = spool.deliver('run', [['dir', '../..']]);
          expect((await spool.end(bad, waitMs)).get('why')).toBe('dir');
          expect(await first.signal('SIGTERM')).toEqual({ code: 0, signal: null });

          // The next one finds a run that was left behind, and one that it has to kill when it ends.
          spool.write(
            'RUN/0000F1A7.RUN',
            spool.jobBytes('0000F1A7', 'run', [
              ['dir', 'B/0000F1A8'],
              ['exe', 'RUN.SH'],
            ]),
          );
          const second = bench.launch();
          expect((await spool.end('0000F1A7', waitMs)).get('reason')).toBe('agent-restarted');
          const long = spool.deliver('run', [
            ['dir', spool.placed({ 'LONG.SH': '#!/bin/sh\necho awake\nexec sleep 600\n' })],
            ['exe', 'LONG.SH'],
          ]);
          await until('the program', () => spool.output(long).length > 0, waitMs);
          expect(await second.signal('SIGTERM')).toEqual({ code: 0, signal: null });
          expect((await spool.end(long)).get('reason')).toBe('killed');
        },
      ),
    4 * waitMs,
  );
} else {
  notTested('the agent under valgrind', 'gcc, make or valgrind is missing');
}
