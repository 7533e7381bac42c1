import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkBundleFileName,
  checkFileName,
  fatClashes,
  toEightDotThree,
} from '../../src/domain/file-names.ts';

describe('checkFileName', () => {
  test.each([
    'A',
    'MODEL.BIN',
    'TOK512.BIN',
    '12345678.123',
    'A-B_C.X',
    'README',
    'COM0.TXT',
    'COM10',
    'CONS',
    'NULL.TXT',
    'BUNDLE.OK',
  ])('takes %s', (name) => {
    expect(checkFileName(name)).toEqual({ ok: true });
  });

  test.each([
    ['', /empty/],
    ['model.bin', /lower-case/],
    ['Model.BIN', /lower-case/],
    ['STORIES260K.BIN', /1 to 8 characters/],
    ['A.HTML', /1 to 8 characters/],
    ['A.', /1 to 8 characters/],
    ['.A', /1 to 8 characters/],
    ['A.B.C', /more than one dot/],
    ['..', /more than one dot/],
    ['A B.TXT', /character other than/],
    ['A/B', /character other than/],
    ['..\\A', /character other than/],
    ['A\n', /character other than/],
    ['A\0.TXT', /character other than/],
    ['Ä.TXT', /character other than/],
    ['CON', /DOS device/],
    ['NUL.TXT', /DOS device/],
    ['COM1.BIN', /DOS device/],
    ['LPT9', /DOS device/],
    ['AUX.C', /DOS device/],
    ['PRN.LOG', /DOS device/],
    ['CLOCK$', /character other than/],
  ])('refuses %j', (name, why) => {
    expect(checkFileName(name)).toEqual({ ok: false, why: expect.stringMatching(why) });
  });

  test('says why in one short printable sentence, whatever the name is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (name) => {
        const check = checkFileName(name);
        if (check.ok) return;
        expect(check.why.length).toBeLessThan(200);
        expect(check.why).toMatch(/^[ -~…]+\.$/);
      }),
    );
  });
});

test.each(['BUNDLE.OK', 'BUNDLE.TMP', 'PLACE.TMP', 'model.bin'])('a bundle cannot have a file %s', (name) => {
  expect(checkBundleFileName(name).ok).toBe(false);
});

describe('fatClashes', () => {
  test.each([
    [['A.BIN', 'B.BIN'], []],
    [['a.bin', 'B.BIN', 'A.BIN'], [['a.bin', 'A.BIN']]],
    [['A', 'A', 'A'], [['A', 'A', 'A']]],
    [['A', 'A.', 'A ', 'B'], [['A', 'A.', 'A ']]],
    [
      ['x', 'y', 'X', 'Y'],
      [
        ['x', 'X'],
        ['y', 'Y'],
      ],
    ],
    [[], []],
    [['constructor', '__proto__'], []],
  ])('%j', (names, groups) => {
    expect(fatClashes(names)).toEqual(groups);
  });

  test('names that are one name in capitals are always found', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9]{1,8}$/), (name) => {
        expect(fatClashes([name, `${name}0`, name.toUpperCase()])).toEqual([[name, name.toUpperCase()]]);
      }),
    );
  });
});

describe('toEightDotThree', () => {
  test.each([
    ['tok512.bin', 'TOK512.BIN'],
    ['stories260K.bin', 'STOR260K.BIN'],
    ['stories15M.bin', 'STORI15M.BIN'],
    ['stories110M.bin', 'STOR110M.BIN'],
    ['my long name.text', 'MY_LONG_.TEX'],
    ['model.tar.gz', 'MODEL_TA.GZ'],
    ['C:\\temp\\run.exe', 'RUN.EXE'],
    ['/home/me/run', 'RUN'],
    ['con.txt', 'CON_.TXT'],
    ['com1', 'COM1_'],
    ['bundle.ok', 'BUNDLE_.OK'],
    ['.bashrc', 'BASHRC'],
    ['Übung.c', 'UBUNG.C'],
    ['日本', 'FILE'],
    ['', 'FILE'],
    ['A.B', 'A.B'],
  ])('%s becomes %s', (name, short) => {
    expect(toEightDotThree(name)).toBe(short);
  });

  test('gives a legal name for any name, and the same for its own result', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          fc.stringMatching(/^(con|nul|com1|a)\.[a-z ]*$/),
        ),
        (name) => {
          const short = toEightDotThree(name);
          expect(checkBundleFileName(short)).toEqual({ ok: true });
          expect(toEightDotThree(short)).toBe(short);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
