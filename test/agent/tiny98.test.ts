import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { greedyText } from '../../fixtures/checkpoints/generate.mjs';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { buildTiny98, engineModels, inJavaScript, tell, type EngineCommand } from './tiny98.ts';

/** One write is one token that whoever reads the pipe can see at once. */
function writesOf(program: string, steps: number): readonly string[] {
  const [random] = engineModels();
  const watched: EngineCommand = ['qemu-x86_64-static', '-strace', program];
  const { errors } = tell(watched, random, '-t', '0', '-n', String(steps));
  return [...errors.matchAll(/\bwrite\((\d),0x[0-9a-f]+,(\d+)\)/g)].map(
    ([, stream, size]) => `${stream}:${size}`,
  );
}

const texts: readonly (readonly string[])[] = [
  ['-t', '0', '-n', '9999'],
  ['-t', '0', '-n', '1'],
  ['-t', '0', '-n', '40', '-i', 'Once upon a time, there was a dog.'],
  ['-t', '0', '-n', '60', '-i', 'Zoë “said”  <0x41> 🦕\n\t\u0001x'],
  ['-t', '0', '-n', '5', '-i', 'A prompt that has more tokens than there are steps.'],
  ['-n', '120', '-s', '133742'],
  ['-t', '1', '-p', '0.9', '-s', '98', '-n', '200'],
  ['-t', '0.5', '-p', '0.3', '-s', '18446744073709551615', '-n', '100'],
  ['-t', '1.5', '-p', '1', '-s', '4294967296', '-n', '200'],
  ['-t', '2', '-p', '0', '-s', '7', '-n', '100'],
  ['-t', '-1', '-p', '7', '-n', '30', '-m', 'generate'],
];

if (haveProgram('gcc') && haveProgram('make')) {
  const models = engineModels();
  const builds: [string, EngineCommand][] = [['with a C library', [buildTiny98('nix')]]];
  if (process.arch === 'x64') builds.push(['for Linux x86-64 alone', [buildTiny98('linux-x86_64')]]);

  describe.each(models)('tiny98 with $name', (model) => {
    test.each(texts.map((options) => [options.join(' '), options] as const))(
      'tells what the engine in JavaScript tells: %s',
      (_options, options) => {
        const wanted = tell(inJavaScript, model, ...options).text.toString('latin1');
        for (const [build, engine] of builds) {
          const { code, text } = tell(engine, model, ...options);
          expect([build, code, text.toString('latin1')]).toEqual([build, 0, wanted]);
        }
      },
    );
  });

  describe.each(builds)('tiny98 %s', (_name, engine) => {
    test('follows the model of random numbers to its end', () => {
      expect(tell(engine, models[0], '-t', '0', '-n', '0').text.toString()).toBe(`${greedyText(0)}\n`);
    });

    test('says its rate at the end, and none of a single token', () => {
      const rate = /^achieved tok\/s: (\d+\.\d{6}|inf)\n$/;
      expect(tell(engine, models[0], '-n', '200').errors).toMatch(rate);
      expect(tell(engine, models[0], '-n', '2').errors).toMatch(rate);
      expect(tell(engine, models[0], '-n', '1').errors).toBe('');
    });
  });

  test('another time is another story', () => {
    const [, engine] = builds[0] ?? ['', inJavaScript];
    const stories = Array.from({ length: 8 }, (_, seed) =>
      tell(engine, models[0], '-t', '3', '-n', '40', '-s', String(seed + 1)).text.toString(),
    );
    expect(new Set(stories).size).toBe(8);
  });

  if (process.arch === 'x64' && haveProgram('qemu-x86_64-static')) {
    test('each token is one write', () => {
      const sizes = [...greedyText(6).matchAll(/ ?[a-z]+/g)].map(([token]) => `1:${token.length}`);
      const seen = writesOf(buildTiny98('linux-x86_64'), 6);
      expect(seen.slice(0, 7)).toEqual([...sizes, '1:1']);
      expect(seen).toHaveLength(8);
    });

    test('the same sources and compiler give the same bytes', () => {
      const one = readFileSync(buildTiny98('linux-x86_64'));
      expect(one.equals(readFileSync(buildTiny98('linux-x86_64')))).toBe(true);
    });
  } else {
    notTested('each write of tiny98', 'there is no qemu-x86_64-static, or this is another processor');
  }
} else {
  notTested('tiny98', 'there is no gcc or no make');
}
