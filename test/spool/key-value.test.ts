import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DomainError } from '../../src/domain/errors.ts';
import { decodeKeyValues, encodeKeyValues } from '../../src/spool/key-value.ts';

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const read = (text: string): ReturnType<typeof decodeKeyValues> => decodeKeyValues(ascii(text));

const key = fc.stringMatching(/^[a-z0-9_]{1,12}$/).filter((name) => name !== 'eof');
const value = fc.string({ unit: 'binary', maxLength: 300 });
const entries = fc.array(fc.tuple(key, value), { maxLength: 12 });

describe('a text file that was written', () => {
  test('is lines that end in CR LF, the last of them eof=1', () => {
    const bytes = encodeKeyValues([
      ['os', 'Windows 98'],
      ['cpu', '100% ~é'],
      ['empty', ''],
    ]);
    expect(Buffer.from(bytes).toString('latin1')).toBe(
      'os=Windows%2098\r\ncpu=100%25%20~%C3%A9\r\nempty=\r\neof=1\r\n',
    );
  });

  test('is read back the same', () => {
    fc.assert(
      fc.property(entries, (given) => {
        const decoded = decodeKeyValues(encodeKeyValues(given));
        if (decoded.state !== 'ok') throw new Error(decoded.state);
        for (const [name] of given) {
          const values = given.filter(([other]) => other === name).map(([, text]) => text);
          expect(decoded.entries.all(name)).toEqual(values);
          expect(decoded.entries.get(name)).toBe(values[0]);
        }
      }),
    );
  });

  test('has no line over 1,024 bytes and no split escape', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 700, maxLength: 1300 }), (text) => {
        const written = Buffer.from(encodeKeyValues([['arg', text]])).toString('latin1');
        const lines = written.split('\r\n').slice(0, -1);
        expect(lines.length).toBeGreaterThan(2);
        expect(Math.max(...lines.map((line) => line.length + 2))).toBeLessThanOrEqual(1_024);
        expect(lines.filter((line) => /%(?![0-9A-F]{2})/.test(line))).toEqual([]);
      }),
    );
  });

  test('of more than 16 KiB is refused, with the caller’s error where there is one', () => {
    const long = [['arg', 'x'.repeat(16_384)]] as const;
    expect(() => encodeKeyValues(long)).toThrow(expect.objectContaining({ code: 'BUG' }));
    const tooLong = new DomainError('COMMAND_TOO_LONG', 'too long');
    expect(() => encodeKeyValues(long, () => tooLong)).toThrow(tooLong);
  });

  test('cannot have a key that is none', () => {
    expect(() => encodeKeyValues([['A b', '1']])).toThrow(expect.objectContaining({ code: 'BUG' }));
  });
});

describe('a text file that is read', () => {
  const long = 'a'.repeat(1_019);
  const rows: readonly [
    title: string,
    text: string,
    state: string,
    key: string,
    values: readonly string[],
  ][] = [
    ['with bare line ends', 'a=1\nb=2\neof=1\n', 'ok', 'a', ['1']],
    ['with padding after its end', 'a=1\r\neof=1\r\n\0\0\u0001garbage', 'ok', 'a', ['1']],
    ['without a line end at its end', 'a=1\r\neof=1', 'ok', 'a', ['1']],
    ['with a key that repeats', 'a=1\r\na=2\r\neof=1\r\n', 'ok', 'a', ['1', '2']],
    ['with a value that goes on', 'a=1\r\na+=2\r\na+=3\r\neof=1\r\n', 'ok', 'a', ['123']],
    ['with empty lines', '\r\na=1\r\n\r\neof=1\r\n', 'ok', 'a', ['1']],
    ['with small hex digits', 'a=%c3%a9\r\neof=1\r\n', 'ok', 'a', ['é']],
    ['with an = in a value', 'a=b=c\r\neof=1\r\n', 'ok', 'a', ['b=c']],
    ['with bytes that are not UTF-8', 'a=%FFx\r\neof=1\r\n', 'ok', 'a', ['\uFFFDx']],
    ['with a byte order mark in a value', 'a=%EF%BB%BFx\r\neof=1\r\n', 'ok', 'a', ['\uFEFFx']],
    ['with bytes nobody escaped', 'a=Windows 98\r\neof=1\r\n', 'ok', 'a', ['Windows 98']],
    ['with a line of 1,024 bytes', `abc=${long.slice(1)}\r\neof=1\r\n`, 'ok', 'abc', [long.slice(1)]],
    ['with a longer line', `abc=${long}xxx\r\neof=1\r\n`, 'damaged', '', []],
    ['with a longer line that has not ended', `abc=${long}xxx`, 'damaged', '', []],
    ['of nothing', '', 'incomplete', '', []],
    ['without its end', 'a=1\r\nb=2\r\n', 'incomplete', '', []],
    ['with another eof', 'a=1\r\neof=10\r\n', 'incomplete', '', []],
    ['with a NUL', 'a=1\0\r\neof=1\r\n', 'damaged', '', []],
    ['of NULs', '\0'.repeat(600), 'damaged', '', []],
    ['with a broken escape', 'a=%G1\r\neof=1\r\n', 'damaged', '', []],
    ['with a cut escape', 'a=1%4\r\neof=1\r\n', 'damaged', '', []],
    ['that goes on with nothing', 'a+=1\r\neof=1\r\n', 'damaged', '', []],
    ['that goes on with another key', 'a=1\r\nb+=1\r\neof=1\r\n', 'damaged', '', []],
    ['with a line that is no entry', 'hello\r\neof=1\r\n', 'damaged', '', []],
    ['of more than 16 KiB', `${'a=1\r\n'.repeat(3_300)}eof=1\r\n`, 'damaged', '', []],
  ];
  test.each(rows)('%s', (_title, text, state, name, values) => {
    const decoded = read(text);
    expect(decoded.state).toBe(state);
    if (decoded.state === 'ok') expect(decoded.entries.all(name)).toEqual(values);
  });

  test('and lacks a key says so', () => {
    const decoded = read('eof=1\r\n');
    if (decoded.state !== 'ok') throw new Error(decoded.state);
    expect(decoded.entries.get('constructor')).toBeUndefined();
    expect(decoded.entries.all('a')).toEqual([]);
  });

  test('is never whole when it is cut before its last line', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (given, at) => {
        const bytes = encodeKeyValues(given);
        const end = bytes.length - 'eof=1\r\n'.length;
        expect(decodeKeyValues(bytes.subarray(0, at % (end + 1))).state).toBe('incomplete');
      }),
    );
  });

  test('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        expect(['ok', 'damaged', 'incomplete']).toContain(decodeKeyValues(bytes).state);
      }),
    );
  });
});
