import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Run, RunLimits } from '../../src/domain/run.ts';
import { haveBuiltAgent } from '../support/built-agent.ts';
import { HandAgent } from '../support/hand-agent.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

type Expected = { readonly [K in keyof Run]?: unknown };

/** What an engine does, and how its run ends in the eyes of a user. */
const rows: readonly [title: string, program: string, limits: Partial<RunLimits>, expected: Expected][] = [
  ['exits at once', 'process.exit(0)', {}, { state: 'succeeded', text: '', tokens: 0 }],
  [
    'fails at once',
    'process.exit(7)',
    {},
    { state: 'failed', code: 'ENGINE_FAILED', detail: 'the program ended with exit code 7' },
  ],
  [
    'crashes after a good run',
    `process.stdout.write('Once upon a time');
     process.stderr.write('achieved tok/s: 35.9\\n', () => process.kill(process.pid, 'SIGSEGV'));`,
    {},
    { state: 'succeeded', flags: ['exit-after-end'], text: 'Once upon a time' },
  ],
  [
    'crashes in mid-run',
    `process.stdout.write('Once upon', () => process.kill(process.pid, 'SIGSEGV'));`,
    {},
    {
      state: 'failed',
      code: 'ENGINE_CRASHED',
      detail: 'the program was ended by signal 11',
      text: 'Once upon',
    },
  ],
  [
    'passes its time limit',
    `setInterval(() => process.stdout.write('tick '), 20)`,
    { limitSeconds: 1 },
    { state: 'timed-out', code: 'RUN_LIMIT', text: expect.stringContaining('tick tick') },
  ],
  [
    'hangs',
    `process.stdout.write('Once'); setInterval(() => {}, 1000)`,
    { quietSeconds: 1 },
    { state: 'timed-out', code: 'RUN_QUIET', text: 'Once' },
  ],
  [
    'floods',
    `let n = 0;
     const flood = () => { n += 1; if (n > 40) process.exit(0); process.stdout.write('y'.repeat(50000), flood); };
     flood();`,
    { logMaxBytes: 100_000 },
    { state: 'succeeded', flags: ['log-cut'], text: expect.stringMatching(/^y{50000,100000}$/) },
  ],
  [
    'leaves a child behind that keeps its pipe',
    `require('node:child_process').spawn('sleep', ['60'], { stdio: 'inherit', detached: true }).unref();
     process.stdout.write('gone', () => process.exit(0));`,
    {},
    { state: 'succeeded', text: 'gone' },
  ],
];

describe.each(['ts', 'c'] as const)('with the %s agent', (agent) => {
  test.skipIf(agent === 'c' && !haveBuiltAgent())(
    'every way to end is told as what it is, and leaves the machine clean',
    async () => {
      await using fleet = await TestFleet.start();
      const pc = await fleet.addPc('old', agent);
      const files = Object.fromEntries(
        rows.map(([, program], index) => [`P${index}.JS`, new TextEncoder().encode(program)]),
      );
      const file = { name: 'file', type: 'text', required: true } as const;
      await fleet.addBundle('ends', files, { program: 'node', args: [file], keep: [] });
      await fleet.deploy('ends', ['old']);
      for (const [index, [title, , limits, expected]] of rows.entries()) {
        const [run] = await fleet.operations.run({
          bundle: 'ends',
          machines: { names: ['old'] },
          parameters: { file: `P${index}.JS` },
          limits,
          deploy: false,
          requestedBy: 'test',
        });
        const ended = await fleet.runEnd(run?.id ?? 0);
        expect({ ...ended, title, pid: ended.pid }).toMatchObject({
          flags: [],
          ...expected,
          title,
          pid: expect.any(Number),
        });
      }
      const hand = new HandAgent(join(pc.diskFolder, 'FLEET98'));
      await waitFor('a clean machine', () =>
        ['IN', 'RUN', 'OUT'].every((folder) => hand.names(folder).length === 0),
      );
    },
    90_000,
  );
});
