import { describe, expect, test } from 'vitest';
import type { Argument, Command, ParameterValues } from '../../src/domain/bundle.ts';
import { buildArguments, checkCommand } from '../../src/domain/command-line.ts';

const llama: Command = {
  exe: 'RUN.EXE',
  args: [
    'MODEL.BIN',
    { name: 'temperature', type: 'number', flag: '-t', default: 0, min: 0, max: 2 },
    { name: 'steps', type: 'integer', flag: '-n', default: 256, min: 1, max: 512 },
    { name: 'prompt', type: 'text', flag: '-i', maxLength: 20 },
    { name: 'mode', type: 'choice', choices: ['generate', 'chat'] },
  ],
  keep: ['DEBUG.LOG'],
};
const one = (argument: Argument): Command => ({ exe: 'A.EXE', args: [argument], keep: [] });

describe('arguments', () => {
  const rows: readonly [title: string, values: ParameterValues, expected: string[]][] = [
    ['are the fixed words and the defaults', {}, ['MODEL.BIN', '-t', '0', '-n', '256']],
    [
      'stand in the order of the command',
      { mode: 'chat', prompt: 'Once', steps: 4, temperature: 0.7 },
      ['MODEL.BIN', '-t', '0.7', '-n', '4', '-i', 'Once', 'chat'],
    ],
    ['may be empty text', { prompt: '' }, ['MODEL.BIN', '-t', '0', '-n', '256', '-i', '']],
    [
      'keep quotes, spaces and dashes',
      { prompt: '-x "a" %b' },
      ['MODEL.BIN', '-t', '0', '-n', '256', '-i', '-x "a" %b'],
    ],
    ['take digits as numbers', { steps: '16', temperature: '0.50' }, ['MODEL.BIN', '-t', '0.5', '-n', '16']],
    [
      'may be as long as allowed',
      { prompt: 'é'.repeat(10) },
      ['MODEL.BIN', '-t', '0', '-n', '256', '-i', 'é'.repeat(10)],
    ],
  ];
  test.each(rows)('%s', (_title, values, expected) => {
    expect(buildArguments(llama, values)).toEqual(expected);
  });

  test.each([
    [1e-7, '0.0000001'],
    [1.25e-9, '0.00000000125'],
    [-2.5e-8, '-0.000000025'],
    [123_456_789_012_345, '123456789012345'],
    [-0, '0'],
    [0.1, '0.1'],
  ])('write %s without an exponent', (value, expected) => {
    expect(buildArguments(one({ name: 'x', type: 'number' }), { x: value })).toEqual([expected]);
  });

  const bad: readonly [values: ParameterValues, detail: RegExp][] = [
    [{ steps: 0 }, /'steps' takes a whole number from 1 up to 512, and was given the number 0/],
    [{ steps: 513 }, /up to 512/],
    [{ steps: 1.5 }, /whole number.*the number 1.5/],
    [{ steps: Number.NaN }, /NaN/],
    [{ steps: 'ten' }, /the text "ten"/],
    [{ steps: '1e2' }, /the text "1e2"/],
    [{ steps: '' }, /the text ""/],
    [{ temperature: Infinity }, /'temperature' takes a number from 0 up to 2/],
    [{ temperature: -0.1 }, /-0.1/],
    [{ prompt: 5 }, /'prompt' takes text of at most 20 bytes, and was given the number 5/],
    [{ prompt: 'é'.repeat(11) }, /at most 20 bytes, and was given 22 bytes/],
    [{ prompt: 'a\0b' }, /NUL/],
    [{ mode: 'Chat' }, /'mode' takes one of generate, chat, and was given the text "Chat"/],
    [{ mode: 'x'.repeat(99) }, /x{40}…/],
  ];
  test.each(bad)('%o are refused', (values, detail) => {
    expect(() => buildArguments(llama, values)).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.stringMatching(detail) }),
    );
  });

  test('have limits where the bundle has none', () => {
    const command = one({ name: 'x', type: 'number' });
    for (const x of [1e21, -1e16, Number.MAX_VALUE]) {
      expect(() => buildArguments(command, { x })).toThrow(
        expect.objectContaining({ code: 'PARAMETER_INVALID' }),
      );
    }
  });

  test('that are required must be there', () => {
    const command = one({ name: 'prompt', type: 'text', required: true });
    expect(() => buildArguments(command, {})).toThrow(
      expect.objectContaining({
        code: 'PARAMETER_INVALID',
        message: expect.stringMatching(/'prompt' is required/),
      }),
    );
  });

  test.each([['stepz'], ['constructor'], ['__proto__x'], ['MODEL.BIN']])('named %s are unknown', (name) => {
    expect(() => buildArguments(llama, { [name]: 1 })).toThrow(
      expect.objectContaining({
        code: 'PARAMETER_UNKNOWN',
        message: expect.stringMatching(/temperature, steps/),
      }),
    );
  });

  test('are not taken from what every object has', () => {
    expect(buildArguments(one({ name: 'constructor', type: 'text' }), {})).toEqual([]);
  });
});

describe('a command', () => {
  test('of a bundle is fine', () => {
    expect(() => checkCommand(llama)).not.toThrow();
    expect(() => checkCommand({ program: 'uname', args: ['-a'], keep: [] })).not.toThrow();
  });

  const text = { name: 'x', type: 'text' } as const;
  const rows: readonly [title: string, command: Command][] = [
    ['with neither exe nor program', { args: [], keep: [] }],
    ['with both', { exe: 'A.EXE', program: 'a', args: [], keep: [] }],
    ['with a program without a name', { program: '', args: [], keep: [] }],
    ['with a NUL in its program', { program: 'a\0', args: [], keep: [] }],
    ['with a long program', { program: 'a'.repeat(129), args: [], keep: [] }],
    ['with 65 arguments', { ...llama, args: Array.from({ length: 65 }, () => 'a') }],
    [
      'with 33 flags and values',
      { ...llama, args: Array.from({ length: 33 }, (_, n) => ({ ...text, name: `x${n}`, flag: '-x' })) },
    ],
    ['with a NUL in a word', one('a\0b')],
    ['with a long word', one('a'.repeat(4_097))],
    ['with two parameters of one name', { ...llama, args: [text, text] }],
    ['with a parameter without a name', one({ ...text, name: '' })],
    ['with a name of spaces', one({ ...text, name: 'a b' })],
    ['with an empty flag', one({ ...text, flag: '' })],
    ['with a NUL in a flag', one({ ...text, flag: '\0' })],
    ['with a length of nothing', one({ ...text, maxLength: 0 })],
    ['with min above max', one({ name: 'x', type: 'integer', min: 2, max: 1 })],
    ['with no choice', one({ name: 'x', type: 'choice', choices: [] })],
    ['with a choice twice', one({ name: 'x', type: 'choice', choices: ['a', 'a'] })],
    ['with a default outside its range', one({ name: 'x', type: 'integer', default: 3, max: 2 })],
    ['with a default that is no choice', one({ name: 'x', type: 'choice', choices: ['a'], default: 'b' })],
    ['with ten files to keep', { ...llama, keep: Array.from({ length: 10 }, (_, n) => `A${n}.LOG`) }],
    ['with a file to keep twice', { ...llama, keep: ['A.LOG', 'A.LOG'] }],
  ];
  test.each(rows)('%s is refused', (_title, command) => {
    expect(() => checkCommand(command)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });

  test.each([
    ['exe', { ...llama, exe: 'llama2c-run.exe' }],
    ['keep', { ...llama, keep: ['debug.log'] }],
  ])('needs 8.3 names in %s', (_field, command) => {
    expect(() => checkCommand(command)).toThrow(expect.objectContaining({ code: 'NAME_NOT_8_3' }));
  });

  test('names the parameter whose default is wrong', () => {
    expect(() => checkCommand(one({ name: 'steps', type: 'integer', default: 1.5 }))).toThrow(/'steps'.*1.5/);
  });
});
