import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { agentEnvironment, onBench } from '../contract/agent/agent-bench.ts';
import { buildAgent, haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { fixturePath, jobCases } from '../contract/agent/fixtures.ts';

const jobs = 1500;

interface Damage {
  readonly file: string;
  readonly at: number;
  readonly remove: number;
  readonly insert: Uint8Array;
}

/** An example job under another id, with a few bytes taken out and others put in, anywhere. */
function damagedJob({ file, at, remove, insert }: Damage, id: string): Buffer {
  const text = readFileSync(fixturePath(file), 'latin1');
  const whole = Buffer.from(text.replaceAll(/^id=[0-9A-F]{8}\r?$/gm, `id=${id}\r`), 'latin1');
  const from = Math.floor(at * whole.length);
  return Buffer.concat([whole.subarray(0, from), insert, whole.subarray(from + remove)]);
}

const damages = fc.record({
  file: fc.constantFrom(...jobCases().map(({ file }) => file)),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(400)),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 5 }),
    fc
      .constantFrom('\n', '\r\n', '%', '%00', '+=', '=', ',', '/', '\neof=1\n', '\narg=')
      .map((text) => Buffer.from(text)),
    fc.nat(2000).map((length) => Buffer.alloc(length, 'A')),
  ),
});

if (haveProgram('gcc') && haveProgram('make')) {
  const checks = '-fsanitize=address,undefined';
  const agent = buildAgent({ CFLAGS: `-O1 -g ${checks} -fno-sanitize-recover`, LDFLAGS: checks });

  test(
    `${jobs} damaged jobs do not shake an agent that is built to stop at the first false access`,
    () =>
      onBench(
        (folder) => spawn(agent, [folder], { env: agentEnvironment, stdio: ['ignore', 'ignore', 'inherit'] }),
        async (bench) => {
          const { spool } = bench;
          const running = await bench.start();
          for (const damage of fc.sample(damages, { numRuns: jobs, seed: 98 })) {
            const id = spool.nextId();
            spool.write(`IN/${id}.JOB`, damagedJob(damage, id));
          }
          // The last in order: when it is done, all others were looked at.
          const last = await spool.end(spool.deliver('probe', [], 'FFFFFFFF'), 60_000);
          expect(last.get('reason')).toBe('done');
          expect(spool.names('OUT').length).toBeGreaterThan(jobs / 4);
          expect(spool.names('B').filter((name) => spool.has(`B/${name}/BUNDLE.OK`))).toEqual([]);
          const roots = spool.names('.').filter((name) => !name.startsWith('AGENT.'));
          expect(roots).toEqual(['B', 'IN', 'OUT', 'RUN', 'STAGE']);
          expect(await running.signal('SIGTERM')).toEqual({ code: 0, signal: null });
        },
      ),
    90_000,
  );
} else {
  notTested('the agent with damaged jobs', 'there is no gcc or no make');
}
