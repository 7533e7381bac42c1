import { mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { crcOf, until, type Line, type SpoolEntries, type SpoolFolder } from '../../support/spool-folder.ts';
import { sharedBench, type AgentKit } from './agent-bench.ts';
import { killRun, startLongRun } from './claim-contract.ts';
import { posixTest, type BundleProgram } from './agent-kit.ts';
import { argsProgram, floodBytes, floodProgram, turnsProgram } from './programs.ts';

const sh = (text: string): string => `#!/bin/sh\n${text}\n`;

/** Runs one program of a bundle of its own to its end. */
async function runOnce(
  spool: SpoolFolder,
  files: Readonly<Record<string, string | Buffer>>,
  lines: readonly Line[],
): Promise<{ readonly id: string; readonly dir: string; readonly end: SpoolEntries }> {
  const dir = spool.placed(files);
  const id = spool.deliver('run', [['dir', dir], ...lines]);
  return { id, dir, end: await spool.end(id) };
}

/** END and LOG must tell the same. */
function expectLogOf(spool: SpoolFolder, id: string, end: SpoolEntries): void {
  const bytes = spool.read(`OUT/${id}.LOG`) ?? Buffer.alloc(0);
  expect(end.number('log_bytes')).toBe(bytes.length);
  expect(end.get('log_crc32')).toBe(crcOf(bytes));
  expect(spool.log(id).state).toBe('whole');
}

export function runContract(kit: AgentKit): void {
  const bench = sharedBench(kit);
  const runScript = ({ files, lines }: BundleProgram, ...more: readonly Line[]) =>
    runOnce(bench().spool, files, [...lines, ...more]);

  test('with a LOG and an END that say what happened', async () => {
    const { spool } = bench();
    const { id, end } = await runScript(
      kit.script('echo hello; echo oh >&2', ['say', 'hello', 'warn', 'oh']),
    );
    expect([end.get('kind'), end.get('reason'), end.get('exit')]).toEqual(['run', 'exited', '0']);
    expect(
      ['signal', 'log', 'blocked_ms', 'oserr', 'why', 'keep'].filter((key) => end.get(key) !== undefined),
    ).toEqual([]);
    expect([end.number('o_bytes'), end.number('e_bytes')]).toEqual([6, 3]);
    expectLogOf(spool, id, end);
    const info = await spool.info('after the run', (told) => told.get('job') === '-');
    const { head, records } = spool.log(id);
    expect(head).toEqual({
      id,
      token: '00112233445566FF',
      clock: info.get('clock'),
      stepUs: info.number('step_us'),
      boot: info.number('boot'),
    });
    expect(spool.output(id, 'o').toString()).toBe('hello\n');
    expect(spool.output(id, 'e').toString()).toBe('oh\n');
    for (const { ms } of records) expect(ms).toBeLessThanOrEqual(end.number('wall_ms') + 1000);
  });

  posixTest(kit, 'there is no Node')('whose arguments arrive exactly', async () => {
    const { spool } = bench();
    const args = [
      'a b',
      '',
      ' ',
      '"',
      '\\"',
      "it's",
      '100%',
      '%41',
      '$HOME `x` $(x)',
      '*',
      'é 世界 \u{1F600}',
      'a\nb\r\nc\t',
      '-x',
      'q'.repeat(3000),
    ];
    const { id, end } = await runOnce(spool, { 'ARGS.CJS': argsProgram }, [
      ['prog', 'node'],
      ['arg', 'ARGS.CJS'],
      ...args.map((arg): Line => ['arg', arg]),
    ]);
    expect(end.get('exit')).toBe('0');
    expect(JSON.parse(spool.output(id).toString())).toEqual(args);
  });

  test('an exe gets its arguments too, in the folder of the bundle', async () => {
    const { spool } = bench();
    const { id, dir } = await runScript(
      kit.script('echo x >HERE.TXT; printf "%s\\n" "$@"', ['file', 'HERE.TXT', 'x', 'args']),
      ['arg', 'one two'],
      ['arg', ''],
      ['arg', '3'],
    );
    expect(spool.output(id).toString()).toBe('one two\n\n3\n');
    expect(spool.read(`${dir}/HERE.TXT`)?.toString()).toBe('x\n');
  });

  posixTest(kit, 'there is no Node')(
    'both streams as records in order, each on the disk while the program runs',
    async () => {
      const { spool } = bench();
      const id = spool.nextId();
      const dir = spool.placed({ 'TURNS.CJS': turnsProgram });
      spool.deliver(
        'run',
        [
          ['dir', dir],
          ['prog', 'node'],
          ['arg', 'TURNS.CJS'],
          ['arg', `../../OUT/${id}.LOG`],
        ],
        id,
      );
      const end = await spool.end(id);
      const { records } = spool.log(id);
      expect(records.map(({ stream, bytes }) => `${stream}:${bytes.toString()}`)).toEqual([
        'o:one',
        'e:two',
        'o:three',
        'e:four',
      ]);
      const times = records.map(({ ms }) => ms);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expectLogOf(spool, id, end);
    },
  );

  test.each([0, 1, 7, 127, 255])('that exits with %i', async (code) => {
    const { end } = await runScript(kit.script(`exit ${code}`, ['exit', String(code)]));
    expect([end.get('reason'), end.number('exit'), end.get('signal')]).toEqual(['exited', code, undefined]);
  });

  test('that prints nothing', async () => {
    const { spool } = bench();
    const { id, end } = await runScript(kit.script(':', []));
    expect([end.number('o_bytes'), end.number('e_bytes'), spool.log(id).records.length]).toEqual([0, 0, 0]);
    expectLogOf(spool, id, end);
  });

  test('that prints any bytes', async () => {
    const { spool } = bench();
    const bytes = Buffer.from(Uint8Array.from({ length: 512 }, (_, index) => index % 256));
    const { files, lines } = kit.script('cat', ['input']);
    const { id, end } = await runOnce(spool, { ...files, 'BYTES.BIN': bytes }, [
      ...lines,
      ['stdin', 'BYTES.BIN'],
    ]);
    expect(spool.output(id)).toEqual(bytes);
    expectLogOf(spool, id, end);
  });

  posixTest(kit, 'there are no signals')('that somebody else ends with a signal', async () => {
    const { spool } = bench();
    const { id, pid } = await startLongRun(bench());
    process.kill(pid, 'SIGTERM');
    const end = await spool.end(id);
    expect([end.get('reason'), end.number('exit'), end.number('signal')]).toEqual(['exited', 143, 15]);
  });

  test('that crashes', async () => {
    const { end } = await runScript(kit.script('kill -SEGV $$', ['pointer']));
    const crashed = kit.system === 'posix' ? ['139', '11'] : [String(0xc0000005 | 0), undefined];
    expect([end.get('reason'), end.get('exit'), end.get('signal')]).toEqual(['exited', ...crashed]);
  });

  test('and AGENT.NFO says which one and its process, and afterwards none', async () => {
    const { spool } = bench();
    const { id, pid } = await startLongRun(bench());
    expect(pid).toBeGreaterThan(1);
    expect(await killRun(spool, id, '00112233445566FF')).toBe('killed');
    expect((await spool.end(id)).number('pid')).toBe(pid);
    const info = await spool.info('after the run', (told) => told.get('job') === '-');
    expect(info.get('child_pid')).toBeUndefined();
  });

  describe('with standard input', () => {
    test('from the null device', async () => {
      const { spool } = bench();
      const { id } = await runScript(kit.script('cat; echo end', ['input', 'say', 'end']));
      expect(spool.output(id).toString()).toBe('end\n');
    });

    test('from a file of the bundle', async () => {
      const { spool } = bench();
      const { files, lines } = kit.script('cat', ['input']);
      const { id } = await runOnce(spool, { ...files, 'PROMPT.TXT': 'Once\r\n' }, [
        ...lines,
        ['stdin', 'PROMPT.TXT'],
      ]);
      expect(spool.output(id).toString()).toBe('Once\r\n');
    });
  });

  describe('and keeps', () => {
    test('side files by the order of their lines, without missing and larger ones', async () => {
      const { spool } = bench();
      const kept = ['ONE.TXT', 'NONE.TXT', 'LARGE.BIN', 'EMPTY.TXT', 'MOST.BIN'];
      const most = Buffer.alloc(1_048_576);
      const { files, lines } = kit.script('echo one >ONE.TXT', ['file', 'ONE.TXT', 'one']);
      const { id, end } = await runOnce(
        spool,
        { ...files, 'EMPTY.TXT': '', 'MOST.BIN': most, 'LARGE.BIN': Buffer.alloc(1_048_577) },
        [...lines, ...kept.map((name): Line => ['keep', name])],
      );
      expect(end.all('keep')).toEqual([
        `ONE.TXT,1,4,${crcOf(Buffer.from('one\n'))}`,
        'EMPTY.TXT,4,0,00000000',
        `MOST.BIN,5,1048576,${crcOf(most)}`,
      ]);
      expect(spool.read(`OUT/${id}.K1`)?.toString()).toBe('one\n');
      expect(spool.read(`OUT/${id}.K4`)?.length).toBe(0);
      expect(spool.read(`OUT/${id}.K5`)?.equals(most)).toBe(true);
      expect(spool.has(`OUT/${id}.K2`) || spool.has(`OUT/${id}.K3`)).toBe(false);
    });
  });

  describe('that cannot start:', () => {
    test('not-placed without BUNDLE.OK', async () => {
      const { spool } = bench();
      spool.write('B/0000AAAA/RUN.SH', sh('echo never >STARTED'));
      const end = await spool.end(
        spool.deliver('run', [
          ['dir', 'B/0000AAAA'],
          ['exe', 'RUN.SH'],
        ]),
      );
      expect([end.get('reason'), end.get('exit')]).toEqual(['not-placed', undefined]);
      expect(spool.has('B/0000AAAA/STARTED')).toBe(false);
    });

    test.each<[string, readonly Line[]]>([
      ['a missing exe', [['exe', 'NONE.EXE']]],
      ['an exe that is no program', [['exe', 'TEXT.EXE']]],
      ['an unknown command', [['prog', 'no-such-program-98']]],
      [
        'a missing standard input',
        [
          ['exe', 'RUN.SH'],
          ['stdin', 'NONE.TXT'],
        ],
      ],
    ])('%s', async (_, lines) => {
      const { spool } = bench();
      const { end } = await runOnce(
        spool,
        { 'TEXT.EXE': 'no program at all\n', 'RUN.SH': sh('exit 0') },
        lines,
      );
      expect(end.get('reason')).toBe('start-failed');
      expect(end.get('oserr')).toMatch(/^\d+ ./);
      expect(end.get('exit')).toBeUndefined();
    });
  });

  posixTest(kit, 'there is no Node')(
    'whose LOG cannot be opened for a while: it waits and nothing is lost',
    async () => {
      const { spool } = bench();
      const dir = spool.placed({ 'FLOOD.CJS': floodProgram });
      const id = spool.deliver('run', [
        ['dir', dir],
        ['prog', 'node'],
        ['arg', 'FLOOD.CJS'],
        ['arg', '2'],
        ['arg', 'wait'],
      ]);
      await until('the first record', () => spool.output(id).toString() === '!');
      const [log, aside] = [spool.path(`OUT/${id}.LOG`), spool.path('ASIDE')];
      renameSync(log, aside);
      mkdirSync(log);
      spool.write(`${dir}/GO`, '');
      await untilStill('the program to wait', () => spool.read(`${dir}/PROGRESS`)?.toString());
      rmdirSync(log);
      renameSync(aside, log);
      const end = await spool.end(id);
      expect(end.number('o_bytes')).toBe(2 * 1024 * 1024 + 1);
      expect(end.number('blocked_ms')).toBeGreaterThan(0);
      expect(end.get('log')).toBeUndefined();
      expect(spool.output(id).equals(Buffer.concat([Buffer.from('!'), floodBytes(2 * 1024 * 1024)]))).toBe(
        true,
      );
      expectLogOf(spool, id, end);
    },
  );
}

/** Waits until a value is there and has been the same for forty looks. */
async function untilStill(what: string, look: () => string | undefined): Promise<void> {
  let last: string | undefined;
  let looks = 0;
  await until(what, () => {
    const now = look();
    looks = now !== undefined && now !== '' && now === last ? looks + 1 : 0;
    last = now;
    return looks >= 40;
  });
}
