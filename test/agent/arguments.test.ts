import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeRunJob } from '../../src/spool/job-file.ts';
import { onBench } from '../contract/agent/agent-bench.ts';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { testDaemon, testToken } from '../support/spool-folder.ts';
import { bothAgents, compile } from './agents.ts';

const jobs = 150;
const waitMs = 60_000;

const argument = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom('"', "'", '\\', '%', ' ', '\n', '\r', '=', '+', 'é', '\u{1F600}'),
      maxLength: 12,
    }),
    fc.tuple(fc.nat(1_100), fc.constantFrom('x', '%', 'é')).map(([length, unit]) => unit.repeat(length)),
  )
  // No command line holds a zero byte.
  .map((text) => text.replaceAll('\0', ''));

if (haveProgram('gcc') && haveProgram('make')) {
  const engine = readFileSync(compile('argv.c'));

  describe.each(bothAgents())('the agent $name', ({ start }) => {
    test(
      'hands on, byte by byte, what the daemon writes into a job',
      () =>
        onBench(start, async (bench) => {
          const { spool } = bench;
          const dir = spool.placed({ 'ARGV.EXE': engine });
          await bench.start();
          const lists = fc.sample(fc.array(argument, { maxLength: 4 }), { numRuns: jobs, seed: 98 });
          const ids = lists.map((args) => {
            const id = spool.nextId();
            const limits = { limitSeconds: 0, quietSeconds: 0, logMaxBytes: 1_000_000 };
            const mark = { id, token: testToken, daemon: testDaemon };
            spool.write(
              `IN/${id}.JOB`,
              Buffer.from(encodeRunJob({ ...mark, dir, exe: 'ARGV.EXE', args, limits, keep: [] })),
            );
            return id;
          });
          await spool.end(ids.at(-1) ?? '', waitMs);
          for (const [index, id] of ids.entries()) {
            const end = await spool.end(id);
            expect([end.get('reason'), end.get('exit')]).toEqual(['exited', '0']);
            const wanted = lists[index]?.map((arg) => `${Buffer.from(arg).toString('hex')}\n`).join('');
            expect(spool.output(id).toString()).toBe(wanted);
          }
        }),
      2 * waitMs,
    );
  });
} else {
  notTested('what agents hand on as arguments', 'there is no gcc or no make');
}
