import * as fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import type { AgentKit } from '../contract/agent/agent-kit.ts';
import { onBench, sharedBench } from '../contract/agent/agent-bench.ts';
import { killRun } from '../contract/agent/claim-contract.ts';
import { notTested } from '../contract/agent/build-agent.ts';
import { floodBytes } from '../contract/agent/programs.ts';
import { until, type Line } from '../support/spool-folder.ts';
import { agentInWine, buildForWindows, windowsMissing, windowsPrograms } from './windows.ts';

const mebibyte = 1024 * 1024;
const waitMs = 60_000;

const argument = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom('"', "'", '\\', '%', ' ', '\n', '\r', '\t', '=', '+', 'é', '\u{1F600}'),
      maxLength: 12,
    }),
  )
  .map((text) => text.replaceAll('\0', ''));

function runsOnWindows(kit: AgentKit): void {
  const bench = sharedBench(kit);
  const deliver = (steps: readonly string[], ...more: readonly Line[]) => {
    const { files, lines } = kit.script('', steps);
    const dir = bench().spool.placed(files);
    return { dir, id: bench().spool.deliver('run', [['dir', dir], ...lines, ...more]) };
  };

  test(
    'hands on arguments by the quoting rules of the C runtime, byte by byte',
    async () => {
      const { spool } = bench();
      const dir = spool.placed({ 'HEX.EXE': kit.hex });
      const lists = fc.sample(fc.array(argument, { maxLength: 4 }), { numRuns: 40, seed: 98 });
      const ids = lists.map((args) =>
        spool.deliver('run', [['dir', dir], ['exe', 'HEX.EXE'], ...args.map((arg): Line => ['arg', arg])]),
      );
      for (const [index, id] of ids.entries()) {
        const end = await spool.end(id, waitMs);
        expect([end.get('reason'), end.get('exit')]).toEqual(['exited', '0']);
        const wanted = lists[index]?.map((arg) => `${Buffer.from(arg).toString('hex')}\n`).join('');
        expect(spool.output(id).toString()).toBe(wanted);
      }
    },
    2 * waitMs,
  );

  test('what comes is a record at once, each stream through a pipe of its own', async () => {
    const { spool } = bench();
    const steps = [
      'say',
      '1',
      'until',
      'A',
      'warn',
      '2',
      'until',
      'B',
      'say',
      '3',
      'until',
      'C',
      'warn',
      '4',
    ];
    const { id, dir } = deliver(steps);
    for (const [index, name] of ['A', 'B', 'C'].entries()) {
      await until('the record', () => spool.log(id).records.length > index);
      spool.write(`${dir}/${name}`, '');
    }
    const end = await spool.end(id);
    const { records } = spool.log(id);
    expect(records.map(({ stream, bytes }) => `${stream}${bytes.toString()}`)).toEqual([
      'o1\n',
      'e2\n',
      'o3\n',
      'e4\n',
    ]);
    const times = records.map(({ ms }) => ms);
    expect(times).toEqual(times.toSorted((x, y) => x - y));
    expect(end.get('capture')).toBeUndefined();
  });

  test('the pid of the END is the one that AGENT.NFO told', async () => {
    const { spool } = bench();
    const { id, dir } = deliver(['until', 'GO']);
    const info = await spool.info('of the run', (told) => told.get('child_pid') !== undefined);
    spool.write(`${dir}/GO`, '');
    expect((await spool.end(id)).number('pid')).toBe(info.number('child_pid'));
  });

  test('reads and counts a flood of 100 MB', { timeout: 4 * waitMs }, async () => {
    const { spool } = bench();
    const { id } = deliver(['flood', '100'], ['log_max', 100_000]);
    const end = await spool.end(id, 3 * waitMs);
    expect([end.get('reason'), end.get('exit'), end.get('log')]).toEqual(['exited', '0', 'cut']);
    expect(end.number('o_bytes')).toBe(100 * mebibyte);
    const output = spool.output(id);
    expect(output.equals(floodBytes(output.length))).toBe(true);
  });

  test('a kill ends a program that computes for ever, with the children of its children', async () => {
    const { spool } = bench();
    const { id } = deliver(['child', 'child hang spin', 'say', 'awake', 'spin']);
    await until('the program', () => spool.output(id).toString() === 'awake\n');
    expect(await killRun(spool, id, '00112233445566FF')).toBe('killed');
    await until('all of them to be gone', () => kit.isGone(0, spool));
  });

  test('abort() ends it with the code of the C runtime', async () => {
    const { spool } = bench();
    const { id } = deliver(['say', 'last words', 'abort']);
    const end = await spool.end(id);
    expect([end.get('reason'), end.get('exit'), spool.output(id).toString()]).toEqual([
      'exited',
      '3',
      'last words\n',
    ]);
  });

  describe('a batch file', () => {
    const batch = [
      '@echo off',
      'echo %1 %2',
      'echo oops 1>&2',
      'CHATTER.EXE say deep warn down exit 9',
      'exit /b 7',
      '',
    ].join('\r\n');
    const runBatch = async (args: readonly string[], ...more: readonly Line[]) => {
      const { spool } = bench();
      const { files } = kit.script('', []);
      const dir = spool.placed({ ...files, 'RUN.BAT': batch });
      const lines = args.map((arg): Line => ['arg', arg]);
      const id = spool.deliver('run', [['dir', dir], ['exe', 'RUN.BAT'], ...lines, ...more]);
      return { id, end: await spool.end(id) };
    };

    test('runs with shell=1; END says how its output was taken', async () => {
      const { spool } = bench();
      const { id, end } = await runBatch(['a b', 'c=d'], ['shell', 1]);
      const isOld = (await spool.info('at all')).get('platform') === 'win9x';
      expect([end.get('reason'), end.get('exit'), end.get('capture')]).toEqual([
        'exited',
        '7',
        isOld ? 'file' : undefined,
      ]);
      expect(spool.output(id).toString()).toBe('"a b" "c=d"\r\ndeep\n');
      expect(spool.output(id, 'e').toString()).toMatch(/^oops ?\r\ndown\n$/);
      expect(spool.names('OUT').filter((name) => name.startsWith('CAPTURE'))).toEqual([]);
    });

    test('is not started without it: its interpreter would read the arguments once more', async () => {
      const { end } = await runBatch(['a']);
      expect([end.get('reason'), end.get('oserr')]).toEqual([
        'start-failed',
        expect.stringMatching(/^193 ./),
      ]);
    });

    test.each(['a"b', 'a&b', 'a^b', '%PATH%', 'a<b', 'a>b', 'a|b'])('does not get %s', async (arg) => {
      const { end } = await runBatch([arg], ['shell', 1]);
      expect([end.get('reason'), end.get('why')]).toEqual(['bad-job', 'arg']);
    });

    test.each(['a\nb', 'a\r'])('does not get %j, of which it would see a part', async (arg) => {
      const { end } = await runBatch([arg], ['shell', 1]);
      expect(end.get('reason')).toBe('start-failed');
    });
  });

  test('is told to end while a program runs: the run ends as killed', () =>
    onBench(kit, async (own) => {
      const { spool } = own;
      const agent = await own.start();
      const { files, lines } = kit.script('', ['say', 'awake', 'hang']);
      const id = spool.deliver('run', [['dir', spool.placed(files)], ...lines]);
      await until('the program', () => spool.output(id).toString() === 'awake\n');
      expect(await agent.signal('SIGTERM')).toEqual({ code: 0, signal: null });
      expect((await spool.end(id)).get('reason')).toBe('killed');
      expect(kit.isGone(0, spool)).toBe(true);
    }));
}

const missing = windowsMissing();
if (missing === undefined) {
  const prefix = inject('winePrefix');
  describe('the agent for Windows', () =>
    runsOnWindows(agentInWine(prefix, buildForWindows(64), windowsPrograms())));
} else {
  notTested('how the agent for Windows runs programs', missing);
}
