import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { crcOf, until, type Line, type SpoolEntries } from '../../support/spool-folder.ts';
import { onBench, sharedBench, type AgentBench, type AgentKit } from './agent-bench.ts';
import { posixTest, type BundleProgram } from './agent-kit.ts';
import { killRun } from './claim-contract.ts';

const token = '00112233445566FF';

/** Peak of the memory that a process had in use; undefined where the system does not tell. */
function peakKb(pid: number): number | undefined {
  const path = `/proc/${pid}/status`;
  if (!existsSync(path)) return undefined;
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(path, 'latin1'))?.[1]);
}

/** What may come on top while a program floods: buffers of fixed size and Node's uncollected ones, never what is read. */
const mostGrowthKb = 128 * 1024;

function deliver({ spool }: AgentBench, { files, lines }: BundleProgram, ...more: readonly Line[]): string {
  return spool.deliver('run', [['dir', spool.placed(files)], ...lines, ...more]);
}

const outcome = (end: SpoolEntries) => [end.get('reason'), end.get('exit'), end.get('signal')];

export function engineContract(kit: AgentKit): void {
  const bench = sharedBench(kit);
  const run = async (program: BundleProgram, ...lines: readonly Line[]) => {
    const id = deliver(bench(), program, ...lines);
    return { id, end: await bench().spool.end(id) };
  };
  const expectWholeLog = (id: string, end: SpoolEntries): void => {
    const { spool } = bench();
    const bytes = spool.read(`OUT/${id}.LOG`) ?? Buffer.alloc(0);
    expect([end.number('log_bytes'), end.get('log_crc32')]).toEqual([bytes.length, crcOf(bytes)]);
    expect(spool.log(id).state).toBe('whole');
  };

  test('floods without end: the LOG keeps its limit, probes are answered, memory stays, and it can be killed', () =>
    onBench(kit, async (own) => {
      const { spool } = own;
      const agent = await own.start();
      const before = peakKb(agent.pid);
      const flood = kit.script(
        'dd if=/dev/zero bs=65536 2>/dev/null & dd if=/dev/zero bs=65536 >&2 2>&2 & wait',
        ['child', 'noise 0', 'flood', '0'],
      );
      const id = deliver(own, flood, ['log_max', 100_000]);
      await until('the LOG to be full', () => (spool.read(`OUT/${id}.LOG`)?.length ?? 0) > 90_000);
      for (let round = 0; round < 20; round++) {
        expect((await spool.end(spool.deliver('probe', []))).get('reason')).toBe('done');
      }
      const after = peakKb(agent.pid);
      expect(await killRun(spool, id, token)).toBe('killed');
      const end = await spool.end(id);
      expect([end.get('reason'), end.get('log')]).toEqual(['killed', 'cut']);
      // What the LOG did not keep is read and counted all the same.
      expect(end.number('o_bytes')).toBeGreaterThan(100_000);
      expect(end.number('log_bytes')).toBeLessThanOrEqual(100_000);
      expect(spool.log(id).state).toBe('whole');
      if (before !== undefined && after !== undefined) expect(after - before).toBeLessThan(mostGrowthKb);
    }));

  test('floods for ever is ended by limit_s', async () => {
    const { end } = await run(
      kit.script('exec cat /dev/zero', ['flood', '0']),
      ['limit_s', 1],
      ['log_max', 10_000],
    );
    expect([end.get('reason'), end.get('log')]).toEqual(['limit', 'cut']);
  });

  test('hangs from the start, without a word', async () => {
    const { id, end } = await run(kit.script('exec sleep 600', ['hang']), ['quiet_s', 1]);
    expect([end.get('reason'), end.number('o_bytes'), end.number('e_bytes')]).toEqual(['quiet', 0, 0]);
    expectWholeLog(id, end);
  });

  test('ignores every signal that can be ignored', async () => {
    const { spool } = bench();
    const deaf = "trap '' HUP INT QUIT TERM PIPE; echo awake; while :; do sleep 1; done";
    const id = deliver(bench(), kit.script(deaf, ['deaf', 'say', 'awake', 'hang']));
    await until('the program', () => spool.output(id).toString() === 'awake\n');
    expect(await killRun(spool, id, token)).toBe('killed');
    expect(outcome(await spool.end(id))).toEqual(['killed', ...kit.killed]);
  });

  test('leaves children that hold its streams and go on talking: they end with it', async () => {
    const { spool } = bench();
    const talking = kit.script('(while :; do echo more; sleep 0.05; done) & echo $!; exit 4', [
      'child',
      'both 100000 50',
      'exit',
      '4',
    ]);
    const { id, end } = await run(talking);
    expect(outcome(end)).toEqual(['exited', '4', undefined]);
    const child = Number(/^\d+/m.exec(spool.output(id).toString())?.[0]);
    await until('the child to be gone', () => kit.isGone(child, spool));
    expectWholeLog(id, end);
  });

  test('leaves silent children that hold its streams', async () => {
    const { spool } = bench();
    const { id, end } = await run(kit.script('sleep 600 & echo $!', ['child', 'hang']));
    expect(outcome(end)).toEqual(['exited', '0', undefined]);
    const child = Number(spool.output(id).toString());
    await until('the child to be gone', () => kit.isGone(child, spool));
  });

  test('ends at once, ten times in a row', async () => {
    const { spool } = bench();
    const ids = Array.from({ length: 10 }, (_, code) =>
      deliver(bench(), kit.script(`exit ${code}`, ['exit', String(code)])),
    );
    const ends = [];
    for (const id of ids) ends.push(outcome(await spool.end(id)));
    expect(ends).toEqual(ids.map((_, code) => ['exited', String(code), undefined]));
  });

  test('closes its streams and goes on: the run lasts as long as the program', async () => {
    const { spool } = bench();
    const text = 'echo bye; exec >&- 2>&-; until [ -e GO ]; do sleep 0.05; done; exit 3';
    const id = deliver(bench(), kit.script(text, ['say', 'bye', 'close', 'until', 'GO', 'exit', '3']));
    await until('its last words', () => spool.output(id).toString() === 'bye\n');
    for (let round = 0; round < 3; round++) {
      expect((await spool.end(spool.deliver('probe', []))).get('reason')).toBe('done');
    }
    expect(spool.has(`OUT/${id}.END`)).toBe(false);
    spool.write(`B/${spool.names('B').at(-1)}/GO`, '');
    const end = await spool.end(id);
    expect(outcome(end)).toEqual(['exited', '3', undefined]);
    expectWholeLog(id, end);
  });

  posixTest(kit, 'its program has no such step')('prints one line of 10 MB', async () => {
    const { spool } = bench();
    const size = 10 * 1024 * 1024;
    const { id, end } = await run(kit.script(`head -c ${size} /dev/zero | tr '\\0' x`, []), [
      'log_max',
      2 * size,
    ]);
    expect([...outcome(end), end.get('log'), end.number('o_bytes')]).toEqual([
      'exited',
      '0',
      undefined,
      undefined,
      size,
    ]);
    expect(spool.output(id).equals(Buffer.alloc(size, 'x'))).toBe(true);
    expectWholeLog(id, end);
  });

  test('prints what looks like a LOG and like an END', async () => {
    const { spool } = bench();
    const words = '@1 o 3\nabc\n#fleet98 1\n@9 e 4096\nreason=exited\r\neof=1\r\n@';
    const { id, end } = await run(kit.script(`printf '%s\\n' '${words}'`, ['say', words]));
    expectWholeLog(id, end);
    expect(spool.output(id).toString('latin1')).toBe(`${words}\n`);
  });

  for (const [name, signal] of [
    ['SEGV', 11],
    ['KILL', 9],
    ['ABRT', 6],
  ] as const) {
    const title = `is ended by ${name} after all its output: nothing of that is lost`;
    posixTest(kit, 'there are no signals')(title, async () => {
      const { spool } = bench();
      const text = `seq 1 5000; echo 'achieved tok/s: 35.9'; kill -${name} $$`;
      const { id, end } = await run(kit.script(text, []));
      expect(outcome(end)).toEqual(['exited', String(128 + signal), String(signal)]);
      expect(spool.output(id).toString().endsWith('\n5000\nachieved tok/s: 35.9\n')).toBe(true);
      expectWholeLog(id, end);
    });
  }

  posixTest(kit, 'nothing stops')('stops itself: it is still a run, and quiet_s ends it', async () => {
    const { end } = await run(kit.script('echo once; kill -STOP $$; echo never', []), ['quiet_s', 1]);
    expect([end.get('reason'), end.number('o_bytes')]).toEqual(['quiet', 5]);
  });

  posixTest(kit, 'its program does not know its own')(
    'is gone before the next look has its process id in the END',
    async () => {
      const { spool } = bench();
      const { id, end } = await run(kit.script('echo $$', []));
      expect(end.get('pid')).toBe(spool.output(id).toString().trim());
    },
  );
}
