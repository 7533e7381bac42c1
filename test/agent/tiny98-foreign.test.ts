import { describe, expect, test } from 'vitest';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { foreignProcessors, type ForeignProcessor } from './foreign.ts';
import { buildTiny98, engineModels, inJavaScript, tell, type EngineCommand } from './tiny98.ts';

interface Target {
  readonly processor: ForeignProcessor;
  readonly target: string;
  readonly settings: readonly string[];
}

const forNix = (tools: string, flags: string): readonly string[] => [
  `CC=${tools}-gcc`,
  `CFLAGS=${flags}`,
  'LDFLAGS=-static -s',
];

const targets: readonly Target[] = [
  { processor: foreignProcessors.pentium, target: 'linux-i386', settings: [] },
  { processor: foreignProcessors.arm, target: 'linux-armel', settings: [] },
  // Its 68881 keeps more bits than a float has.
  {
    processor: foreignProcessors.m68k,
    target: 'nix',
    settings: forNix('m68k-linux-gnu', '-O2 -ffloat-store'),
  },
  { processor: foreignProcessors.sparc64, target: 'nix', settings: forNix('sparc64-linux-gnu', '-O2') },
];

/** Few steps: an emulated coprocessor computes some tokens in a second. */
const texts: readonly (readonly string[])[] = [
  ['-t', '0', '-n', '12', '-i', 'One day'],
  ['-s', '133742', '-n', '20'],
];

const models = engineModels();
const story = models.at(-1) ?? models[0];

describe.each(targets)('tiny98 on $processor.name', ({ processor, target, settings }) => {
  const missing = ['make', `${processor.tools}-gcc`, processor.emulator].find((name) => !haveProgram(name));
  if (missing !== undefined) {
    notTested(`tiny98 on ${processor.name}`, `there is no ${missing}`);
    return;
  }
  const engine: EngineCommand = [
    processor.emulator,
    ...processor.emulatorArgs,
    buildTiny98(target, ...settings),
  ];

  test.each(texts.map((options) => [options.join(' '), options] as const))(
    'tells what it tells elsewhere: %s',
    (_options, options) => {
      for (const model of new Set([models[0], story])) {
        const wanted = tell(inJavaScript, model, ...options).text.toString('latin1');
        const { code, text } = tell(engine, model, ...options);
        expect([model.name, code, text.toString('latin1')]).toEqual([model.name, 0, wanted]);
      }
    },
  );

  test('says its rate', () => {
    expect(tell(engine, models[0], '-n', '20').errors).toMatch(/^achieved tok\/s: (\d+\.\d{6}|inf)\n$/);
  });

  test('says what is wrong', () => {
    const { code, text, errors } = tell(engine, { ...models[0], checkpoint: models[0].tokenizer });
    expect([code, text.toString(), errors.split('\n').length]).toEqual([1, '', 2]);
    expect(errors).toMatch(
      /^Checkpoint \S+ does not begin with the header of a llama2\.c model, version 0\n$/,
    );
  });
});
