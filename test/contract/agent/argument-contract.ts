import { describe, expect, test } from 'vitest';
import type { Line } from '../../support/spool-folder.ts';
import { sharedBench, type AgentKit } from './agent-bench.ts';

const hexOf = (text: string): string => Buffer.from(text).toString('hex');

export function argumentContract(kit: AgentKit): void {
  const bench = sharedBench(kit);
  const runWith = async (args: readonly string[]) => {
    const { spool } = bench();
    const dir = spool.placed({ 'HEX.SH': kit.hex });
    const id = spool.deliver('run', [
      ['dir', dir],
      ['exe', 'HEX.SH'],
      ...args.map((arg): Line => ['arg', arg]),
    ]);
    const end = await spool.end(id);
    return { end, lines: spool.output(id).toString().split('\n').slice(0, -1) };
  };

  test.each<[string, readonly string[]]>([
    ['none', []],
    ['an empty one', ['']],
    ['empty ones at both ends', ['', 'a', '']],
    ['spaces', [' ', '  a  b  ', '\t']],
    ['quotes', ['"', "'", '""', '\'"\'"', 'say "hello"', '\\"', '"\\']],
    ['backslashes', ['\\', '\\\\', 'C:\\DIR\\', '\\n']],
    ['percent signs', ['%', '100%', '%41', '%%', '%PATH%', '%zz']],
    ['what shells and DOS read', ['$HOME `x` $(x)', '* ? [a]', 'a|b>c<d&e^f', '!x', '~', ';', '#']],
    ['line ends', ['a\nb', '\r\n', '\n', 'eof=1\r\n', 'x\neof=1\nkind=kill\n']],
    ['controls', ['\u0001\u0007\u001b[31m\u007f']],
    ['UTF-8', ['é 世界 \u{1F600}', 'Ünïcödé', '\uFEFFx', 'e\u0301']],
    ['switches', ['-n', '--', '-e', '/?']],
    ['what looks like a key', ['arg=x', 'a=b', '+=c', '=']],
    ['10,000 characters', ['q'.repeat(10_000)]],
    ['5,000 characters that are written as three', [' '.repeat(5_000)]],
    ['one that is split at each place of an escape', ['x'.repeat(1_010) + '%%%%%%%%', 'é'.repeat(700)]],
    ['64', Array.from({ length: 64 }, (_, index) => String(index))],
  ])('byte by byte: %s', async (_, args) => {
    const { end, lines } = await runWith(args);
    expect([end.get('reason'), end.get('exit')]).toEqual(['exited', '0']);
    expect(lines).toEqual(args.map(hexOf));
  });

  describe('or says why not:', () => {
    test.each<[string, readonly string[], string]>([
      ['65', Array.from({ length: 65 }, () => 'a'), 'too-long'],
      ['more than a job holds', ['q'.repeat(16_384)], 'too-long'],
      ['10,000 characters that are written as three', ['\n'.repeat(10_000)], 'too-long'],
      ['a zero byte', ['a\0b'], 'text'],
    ])('%s', async (_, args, why) => {
      const { end, lines } = await runWith(args);
      expect([end.get('reason'), end.get('why')]).toEqual(['bad-job', why]);
      expect(lines).toEqual([]);
    });

    test('bytes that are no text, unless they arrive as they are', async () => {
      const { spool } = bench();
      const id = spool.nextId();
      const dir = spool.placed({ 'HEX.SH': kit.hex });
      const job = spool.jobBytes(id, 'run', [
        ['dir', dir],
        ['exe', 'HEX.SH'],
        ['arg', 'HERE'],
      ]);
      spool.write(`IN/${id}.JOB`, job.toString('latin1').replace('HERE', '%FF%FEa%C3'));
      const end = await spool.end(id);
      const isRefused = end.get('reason') === 'bad-job' && end.get('why') === 'arg';
      expect(isRefused || spool.output(id).toString()).toEqual(isRefused || 'fffe61c3\n');
    });
  });
}
