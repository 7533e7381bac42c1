import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../../support/spool-folder.ts';
import { sharedBench, type AgentKit } from './agent-bench.ts';
import { posixTest } from './agent-kit.ts';
import { fixturePath, jobCases } from './fixtures.ts';
import { argsProgram } from './programs.ts';

export function fixtureContract(kit: AgentKit): void {
  const bench = sharedBench(kit);
  const cases = jobCases();
  const claimed = cases.filter(({ expect: wanted }) => wanted !== 'left-alone');
  const left = cases.filter(({ expect: wanted }) => wanted === 'left-alone');

  beforeAll(async () => {
    const { spool } = bench();
    for (const { file, name } of cases) spool.write(`IN/${name}`, readFileSync(fixturePath(file)));
    await until(
      'all example jobs',
      () => spool.names('IN').length === left.length && spool.names('RUN').length === 0,
    );
  });

  test.each(claimed)('$file: $because', async ({ id, expect: wanted, reason, why }) => {
    const { spool } = bench();
    const end = await spool.end(id);
    expect(end.get('id')).toBe(id);
    expect(end.get('reason')).toBe(wanted === 'bad-job' ? 'bad-job' : reason);
    expect(end.get('why')).toBe(wanted === 'bad-job' ? why : undefined);
    if (why !== 'token') expect(end.get('token')).toMatch(/^[0-9A-F]{16}$/);
    expect(spool.has(`OUT/${id}.LOG`)).toBe(false);
    expect(spool.has(`OUT/${id}.TMP`)).toBe(false);
  });

  test.each(left)('$file is left alone: $because', ({ file, name }) => {
    const { spool } = bench();
    expect(spool.read(`IN/${name}`)).toEqual(readFileSync(fixturePath(file)));
  });

  test('nothing left the spool, and no bundle was made whole', () => {
    const { spool } = bench();
    expect(spool.names('B').filter((name) => spool.has(`B/${name}/BUNDLE.OK`))).toEqual([]);
    expect(spool.names('.').filter((name) => !name.startsWith('AGENT.'))).toEqual([
      'B',
      'IN',
      'OUT',
      'RUN',
      'STAGE',
    ]);
  });

  posixTest(kit, 'there is no Node')('the arguments of an example arrive exactly', async () => {
    const { spool } = bench();
    const example = cases.find(({ args }) => args !== undefined);
    if (!example) throw new Error('no example has arguments');
    spool.placed({ 'ARGS.CJS': argsProgram }, '0000F1A7');
    const id = spool.nextId();
    const text = readFileSync(fixturePath(example.file), 'latin1').replaceAll(example.id, id);
    spool.write(`IN/${id}.JOB`, Buffer.from(text, 'latin1'));
    expect((await spool.end(id)).get('exit')).toBe('0');
    expect(JSON.parse(spool.output(id).toString())).toEqual(example.args?.slice(1));
  });
}
