import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readText, writeText } from '../../../src/simulator/agent/spool-text.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

test.each([
  ['CR LF', 'a=1\r\nb=x%20y\r\neof=1\r\n'],
  ['bare LF', 'a=1\nb=x%20y\neof=1\n'],
  ['continued', 'a=1\r\nb=x%20\r\nb+=y\r\neof=1\r\n'],
  ['padded', 'a=1\r\na=2\r\nb=x%20y\r\neof=1\r\n     \0\0 b=no'],
  ['with unknown keys', 'a=1\r\nnew_key=7\r\nb=x%20y\r\neof=1\r\n'],
])('reads a file that is %s', (_, text) => {
  const result = readText(bytes(text));
  expect(result.state).toBe('whole');
  if (result.state !== 'whole') return;
  expect(result.file.one('a')).toBe('1');
  expect(result.file.one('b')).toBe('x y');
  expect(result.file.all('c')).toEqual([]);
});

test.each([
  ['', 'not-there-yet'],
  ['a=1\r\n', 'not-there-yet'],
  ['a=1\r\neof=', 'not-there-yet'],
  [`a=${'x'.repeat(1021)}\r\neof=1\r\n`, 'too-long'],
  [`a=${'x'.repeat(1021)}\neof=1\r\n`, 'whole'],
  [`${'a=1\r\n'.repeat(4000)}eof=1\r\n`, 'too-long'],
  ['# hello\r\na=1\r\neof=1\r\n', 'damaged'],
  ['A=upper\r\neof=1\r\n', 'damaged'],
  ['a=1\r\nc+=lost\r\neof=1\r\n', 'damaged'],
  ['a=zero%00\r\neof=1\r\n', 'damaged'],
  ['a=cut%2\r\na+=0\r\neof=1\r\n', 'damaged'],
])('sees whether a file is whole (%#)', (text, state) => {
  expect(readText(bytes(text)).state).toBe(state);
});

test('a value of any text comes back, in lines that are never too long', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 900 }), { maxLength: 3 }), (values) => {
      const written = writeText(values.map((value) => ['arg', value] as const));
      // A zero byte cannot stand in an argument on any system, so no file carries one.
      fc.pre(written.length <= 16_384 && !values.join('').includes('\0'));
      const result = readText(written);
      expect(result.state === 'whole' && result.file.all('arg')).toEqual(
        values.map((value) => Buffer.from(value, 'utf8').toString('utf8')),
      );
      for (const line of written.toString('latin1').split('\r\n')) {
        expect(line.length).toBeLessThanOrEqual(1022);
        expect(line).toMatch(/^[\x21-\x7e]*$/);
        expect(line).not.toMatch(/%.?$/);
      }
    }),
  );
});

test('a file that is cut anywhere is not there yet', () => {
  const whole = writeText([
    ['id', '00000001'],
    ['arg', 'two words'],
  ]);
  for (let length = 0; length < whole.length - 2; length += 1) {
    expect(readText(whole.subarray(0, length)).state).toBe('not-there-yet');
  }
});

test('any bytes are read without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (noise) => {
      expect(['whole', 'not-there-yet', 'too-long']).toContain(readText(Buffer.from(noise)).state);
    }),
  );
});
