import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { crcOf, isGone, until, type Line, type SpoolEntries } from '../../support/spool-folder.ts';
import { onBench, sharedBench, type AgentBench, type StartAgent } from './agent-bench.ts';
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

function deliver({ spool }: AgentBench, text: string, ...lines: readonly Line[]): string {
  const dir = spool.placed({ 'RUN.SH': `#!/bin/sh\n${text}\n` });
  return spool.deliver('run', [['dir', dir], ['exe', 'RUN.SH'], ...lines]);
}

const outcome = (end: SpoolEntries) => [end.get('reason'), end.get('exit'), end.get('signal')];

export function engineContract(startAgent: StartAgent): void {
  const bench = sharedBench(startAgent);
  const run = async (text: string, ...lines: readonly Line[]) => {
    const id = deliver(bench(), text, ...lines);
    return { id, end: await bench().spool.end(id) };
  };
  const expectWholeLog = (id: string, end: SpoolEntries): void => {
    const { spool } = bench();
    const bytes = spool.read(`OUT/${id}.LOG`) ?? Buffer.alloc(0);
    expect([end.number('log_bytes'), end.get('log_crc32')]).toEqual([bytes.length, crcOf(bytes)]);
    expect(spool.log(id).state).toBe('whole');
  };

  test('floods without end: the LOG keeps its limit, probes are answered, memory stays, and it can be killed', () =>
    onBench(startAgent, async (own) => {
      const { spool } = own;
      const agent = await own.start();
      const before = peakKb(agent.pid);
      const flood = 'dd if=/dev/zero bs=65536 2>/dev/null & dd if=/dev/zero bs=65536 >&2 2>&2 & wait';
      const id = deliver(own, flood, ['log_max', 100_000]);
      await until('the LOG to be full', () => (spool.read(`OUT/${id}.LOG`)?.length ?? 0) > 90_000);
      for (let round = 0; round < 20; round++) {
        expect((await spool.end(spool.deliver('probe', []))).get('reason')).toBe('done');
      }
      const after = peakKb(agent.pid);
      expect(await killRun(spool, id, token)).toBe('killed');
      const end = await spool.end(id);
      expect([end.get('reason'), end.get('log')]).toEqual(['killed', 'cut']);
      expect(end.number('o_bytes')).toBeGreaterThan(1_000_000);
      expect(end.number('log_bytes')).toBeLessThanOrEqual(100_000);
      expect(spool.log(id).state).toBe('whole');
      if (before !== undefined && after !== undefined) expect(after - before).toBeLessThan(mostGrowthKb);
    }));

  test('floods for ever is ended by limit_s', async () => {
    const { end } = await run('exec cat /dev/zero', ['limit_s', 1], ['log_max', 10_000]);
    expect([end.get('reason'), end.get('log')]).toEqual(['limit', 'cut']);
  });

  test('hangs from the start, without a word', async () => {
    const { id, end } = await run('exec sleep 600', ['quiet_s', 1]);
    expect([end.get('reason'), end.number('o_bytes'), end.number('e_bytes')]).toEqual(['quiet', 0, 0]);
    expectWholeLog(id, end);
  });

  test('ignores every signal that can be ignored', async () => {
    const { spool } = bench();
    const id = deliver(bench(), "trap '' HUP INT QUIT TERM PIPE; echo awake; while :; do sleep 1; done");
    await until('the program', () => spool.output(id).toString() === 'awake\n');
    expect(await killRun(spool, id, token)).toBe('killed');
    expect(outcome(await spool.end(id))).toEqual(['killed', '137', '9']);
  });

  test('leaves children that hold its streams and go on talking: they end with it', async () => {
    const { spool } = bench();
    const { id, end } = await run('(while :; do echo more; sleep 0.05; done) & echo $!; exit 4');
    expect(outcome(end)).toEqual(['exited', '4', undefined]);
    const child = Number(/^\d+/m.exec(spool.output(id).toString())?.[0]);
    await until('the child to be gone', () => isGone(child));
    expectWholeLog(id, end);
  });

  test('leaves silent children that hold its streams', async () => {
    const { spool } = bench();
    const { id, end } = await run('sleep 600 & echo $!');
    expect(outcome(end)).toEqual(['exited', '0', undefined]);
    const child = Number(spool.output(id).toString());
    await until('the child to be gone', () => isGone(child));
  });

  test('ends at once, ten times in a row', async () => {
    const { spool } = bench();
    const ids = Array.from({ length: 10 }, (_, code) => deliver(bench(), `exit ${code}`));
    const ends = [];
    for (const id of ids) ends.push(outcome(await spool.end(id)));
    expect(ends).toEqual(ids.map((_, code) => ['exited', String(code), undefined]));
  });

  test('closes its streams and goes on: the run lasts as long as the program', async () => {
    const { spool } = bench();
    const id = deliver(bench(), 'echo bye; exec >&- 2>&-; until [ -e GO ]; do sleep 0.05; done; exit 3');
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

  test('prints one line of 10 MB', async () => {
    const { spool } = bench();
    const size = 10 * 1024 * 1024;
    const { id, end } = await run(`head -c ${size} /dev/zero | tr '\\0' x`, ['log_max', 2 * size]);
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
    const words = '@1 o 3\\nabc\\n#fleet98 1\\n@9 e 4096\\nreason=exited\\r\\neof=1\\r\\n\\0\\0@';
    const { id, end } = await run(`printf '${words}'`);
    expectWholeLog(id, end);
    const printed = spool.output(id).toString('latin1');
    expect(printed).toBe(words.replaceAll('\\n', '\n').replaceAll('\\r', '\r').replaceAll('\\0', '\0'));
  });

  test.each([
    ['SEGV', 11],
    ['KILL', 9],
    ['ABRT', 6],
  ])('is ended by %s after all its output: nothing of that is lost', async (name, signal) => {
    const { spool } = bench();
    const { id, end } = await run(`seq 1 5000; echo 'achieved tok/s: 35.9'; kill -${name} $$`);
    expect(outcome(end)).toEqual(['exited', String(128 + signal), String(signal)]);
    expect(spool.output(id).toString().endsWith('\n5000\nachieved tok/s: 35.9\n')).toBe(true);
    expectWholeLog(id, end);
  });

  test('stops itself: it is still a run, and quiet_s ends it', async () => {
    const { end } = await run('echo once; kill -STOP $$; echo never', ['quiet_s', 1]);
    expect([end.get('reason'), end.number('o_bytes')]).toEqual(['quiet', 5]);
  });

  test('is gone before the next look has its process id in the END', async () => {
    const { spool } = bench();
    const { id, end } = await run('echo $$');
    expect(end.get('pid')).toBe(spool.output(id).toString().trim());
  });
}
