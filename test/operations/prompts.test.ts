import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/domain/bundle.ts';
import type { PlatformId } from '../../src/domain/machine.ts';
import { haveBuiltAgent } from '../support/built-agent.ts';
import { TestFleet } from '../support/test-fleet.ts';

/** Tells its arguments as hex, so that nothing on the way back can hide a difference. */
const echo = new TextEncoder().encode(
  `process.stdout.write(process.argv.slice(2).map((word) => Buffer.from(word).toString('hex')).join('\\n'));`,
);
const promptArgs: Command['args'] = [{ name: 'prompt', type: 'text', flag: '-i' }];

const prompts: readonly [title: string, prompt: string][] = [
  ['quotes', `"double" 'single' \`back\` """`],
  ['percent signs and variables', '100% %PATH% $HOME %41 %'],
  ['backslashes', 'C:\\DIR\\ "\\\\" \\"'],
  ['lines', 'one\ntwo\r\nthree\n'],
  ['UTF-8', 'Füße 猫 🐈 \u202e'],
  ['10,000 characters', 'Once upon a time '.repeat(588).slice(0, 10_000)],
  ['nothing', ''],
  ['blanks', '  '],
  ['control characters', '\u0001\u0002\t\u001b[31m\u007f'],
  ['a leading dash', '-n 4 --help'],
  ['what a shell would take', '; rm -rf * | cat < x > y & (z) `id` ^ !'],
];

describe.each(['ts', 'c'] as const)('over the %s agent', (agent) => {
  test.skipIf(agent === 'c' && !haveBuiltAgent())(
    'a prompt of any kind arrives byte for byte',
    async () => {
      await using fleet = await TestFleet.start();
      await fleet.addPc('old', agent);
      await fleet.addBundle('echo', { 'ECHO.JS': echo }, program('node', 'ECHO.JS'));
      await fleet.deploy('echo', ['old']);
      for (const [title, prompt] of prompts) {
        const run = await fleet.runEnd((await fleet.startRun('echo', 'old', { prompt })).id);
        const words = (run.text ?? '').split('\n').map((hex) => Buffer.from(hex, 'hex').toString());
        expect({ title, state: run.state, words }).toEqual({
          title,
          state: 'succeeded',
          words: ['-i', prompt],
        });
      }
    },
    90_000,
  );
});

/** A machine that nobody can reach: nothing can be sent there. */
async function addMachine(fleet: TestFleet): Promise<void> {
  const address = { host: '127.0.0.1', port: 1, user: 'x' };
  const { id } = await fleet.operations.registerMachine({ name: 'old', ...address, labels: {} });
  await fleet.store.machines.update(id, { state: 'ready' }, 1);
}

const program = (name: string, ...args: Command['args']): Command => ({
  program: name,
  args: [...args, ...promptArgs],
  keep: [],
});
const exe = (name: string): Command => ({ exe: name, args: promptArgs, keep: [] });

/** Refused at once, with a code and a sentence, before anything is saved or sent. */
const refusals: readonly [
  title: string,
  platform: PlatformId,
  bundle: string,
  prompt: string,
  code: string,
  detail: RegExp,
][] = [
  ['a long line on DOS', 'msdos', 'plain', 'x'.repeat(121), 'COMMAND_TOO_LONG', /128 bytes; old takes 127$/],
  ['quotes count on DOS', 'msdos', 'plain', `"`.repeat(60), 'COMMAND_TOO_LONG', /129 bytes; old takes 127$/],
  ['a line end on DOS', 'msdos', 'plain', 'a\rb', 'COMMAND_CHARACTER', /"\\r".*of old cannot carry$/],
  ['a batch file on Windows', 'win9x', 'batch', '100%', 'COMMAND_CHARACTER', /has "%"/],
  ['a long line for a batch file', 'win9x', 'batch', 'y'.repeat(200), 'COMMAND_TOO_LONG', /takes 127$/],
  ['a program of DOS on Windows', 'win9x', 'dos', 'z'.repeat(200), 'COMMAND_TOO_LONG', /takes 127$/],
  ['a line end for it', 'winnt', 'dos', 'a\nb', 'COMMAND_CHARACTER', /has "\\n"/],
  ['more than a job holds', 'linux', 'plain', '猫'.repeat(6_000), 'COMMAND_TOO_LONG', /may have 16384 bytes/],
  ['NUL', 'linux', 'plain', 'a\0b', 'PARAMETER_INVALID', /without NUL/],
  ['half a character', 'linux', 'plain', 'a\ud800', 'PARAMETER_INVALID', /whole characters/],
];

test('what a system cannot carry is refused before anything is sent', async () => {
  await using fleet = await TestFleet.start();
  await addMachine(fleet);
  const mz = new Uint8Array(64);
  mz.set([0x4d, 0x5a, 0x40, 0, 1, 0, 0, 0, 2]);
  await fleet.addBundle('plain', { 'A.TXT': echo }, program('run'));
  await fleet.addBundle('batch', { 'GO.BAT': new TextEncoder().encode('@echo off\r\n') }, exe('GO.BAT'));
  await fleet.addBundle('dos', { 'GO.EXE': mz }, exe('GO.EXE'));
  for (const [title, platform, bundle, prompt, code, detail] of refusals) {
    await fleet.operations.changeMachine('old', { platform });
    const refusal = fleet.startRun(bundle, 'old', { prompt });
    await expect(refusal, title).rejects.toMatchObject({ code, message: expect.stringMatching(detail) });
  }
  // The same on a system that can: it goes on to the next question.
  await fleet.operations.changeMachine('old', { platform: 'winnt' });
  await expect(fleet.startRun('plain', 'old', { prompt: '100% "a"\r\n' })).rejects.toMatchObject({
    code: 'NOT_DEPLOYED',
  });
  expect((await fleet.store.runs.list({ limit: 10 })).items).toEqual([]);
}, 60_000);

test('whatever the prompt, it is taken whole or refused by its code', async () => {
  await using fleet = await TestFleet.start();
  await addMachine(fleet);
  await fleet.addBundle('plain', { 'A.TXT': echo }, program('run'));
  const codes = new Set(['NOT_DEPLOYED', 'COMMAND_TOO_LONG', 'COMMAND_CHARACTER', 'PARAMETER_INVALID']);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (prompt) => {
      const refusal = await fleet.startRun('plain', 'old', { prompt }).catch((error: unknown) => error);
      expect(refusal).toSatisfy(
        (error: unknown) =>
          error instanceof Error &&
          'code' in error &&
          typeof error.code === 'string' &&
          codes.has(error.code),
      );
    }),
    { numRuns: 50 },
  );
}, 60_000);
