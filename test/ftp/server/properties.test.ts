import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEprt, parsePort, pasvNumbers } from '../../../src/ftp/server/addresses.ts';
import { codepage, encodeShown } from '../../../src/ftp/server/codepage.ts';
import { parseCommandLine } from '../../../src/ftp/server/command-line.ts';
import { globMatcher, nameKey } from '../../../src/ftp/server/glob.ts';
import { LineReader } from '../../../src/ftp/server/line-reader.ts';
import { isName, resolvePath } from '../../../src/ftp/server/path.ts';
import { isShortName, shortNames } from '../../../src/ftp/server/short-names.ts';

const bytes = fc.uint8Array({ maxLength: 60 });
/** What matters to a line reader comes often. */
const controlBytes = fc
  .array(fc.oneof(fc.constantFrom(0, 10, 13, 32, 65, 240, 241, 244, 250, 253, 255), fc.nat(255)), {
    maxLength: 80,
  })
  .map((all) => Uint8Array.from(all));
const oneBytePages = ['ascii', 'cp437', 'cp850', 'cp852', 'windows-1252', 'ibm866', 'macintosh'] as const;
const name = fc.string({
  unit: fc.constantFrom(...Array.from('aAbBzZ019._-~ äßé😀')),
  minLength: 1,
  maxLength: 14,
});

describe('lines', () => {
  test('are the same however the bytes are split', () => {
    fc.assert(
      fc.property(controlBytes, fc.array(fc.nat(80), { maxLength: 5 }), (all, cuts) => {
        const whole = new LineReader(20).push(all);
        const reader = new LineReader(20);
        const ends = [...cuts.toSorted((a, b) => a - b), all.length];
        const parts = ends.map((end, index) => all.subarray(Math.min(ends[index - 1] ?? 0, end), end));
        expect(parts.flatMap((part) => reader.push(part))).toEqual(whole);
      }),
    );
  });

  test('have no end in them and are no longer than allowed', () => {
    fc.assert(
      fc.property(controlBytes, (all) => {
        for (const line of new LineReader(20).push(all)) {
          if (line === 'too-long') continue;
          expect(line.length).toBeLessThanOrEqual(20);
          expect(line.includes(10) || line.includes(13)).toBe(false);
        }
      }),
    );
  });

  test('that are text come as they are, with IAC doubled', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 32, max: 255 }), { minLength: 1, maxLength: 20 }), (text) => {
        const sent = [...text.flatMap((byte) => (byte === 255 ? [255, 255] : [byte])), 13, 10];
        expect(new LineReader(20).push(Uint8Array.from(sent))).toEqual([Buffer.from(text)]);
      }),
    );
  });

  test('any line is a command or none, and never throws', () => {
    fc.assert(
      fc.property(bytes, (line) => {
        const command = parseCommandLine(Buffer.from(line));
        if (command !== undefined) expect(command.verb).toMatch(/^[A-Z][A-Z@]{2,7}$/);
      }),
    );
  });
});

describe('codepages', () => {
  test.each(oneBytePages)('%s: what can be read is written as the same bytes', (page) => {
    fc.assert(
      fc.property(bytes, (all) => {
        const text = codepage(page).decode(all);
        const back = text === undefined ? undefined : codepage(page).encode(text);
        if (back !== undefined) expect(back.equals(all)).toBe(true);
      }),
    );
  });

  test.each([...oneBytePages, 'utf-8' as const])('%s: any text can be shown', (page) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(encodeShown(codepage(page), text)).toBeInstanceOf(Buffer);
      }),
    );
  });
});

describe('paths', () => {
  test('never lead above the root, nor to what is no name', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '', '...', 'CON', '~', 'C:', 'a', 'B.TXT'), fc.string());
    const said = fc.array(part).chain((parts) => fc.constantFrom('/', '\\').map((bar) => parts.join(bar)));
    fc.assert(
      fc.property(fc.array(fc.constantFrom('A', 'B'), { maxLength: 3 }), said, (folder, path) => {
        for (const found of resolvePath(folder, path) ?? []) {
          expect(isName(found)).toBe(true);
          expect(found).not.toMatch(/^\.*$|[/\\\0]/);
        }
      }),
    );
  });
});

describe('patterns', () => {
  test('are those of a regular expression, where DOS has no rule of its own', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 8 });
    const plain = fc.string({ unit: fc.constantFrom('a', 'A', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(pattern, plain, (wanted, text) => {
        const source = wanted.replaceAll('*', '.*').replaceAll('?', '.');
        expect(globMatcher(wanted)(text)).toBe(new RegExp(`^${source}$`, 'i').test(text));
      }),
    );
  });

  test('take no time that grows faster than their length', () => {
    expect(globMatcher('*a'.repeat(100))(`${'a'.repeat(240)}b`)).toBe(false);
  });
});

test('8.3 names are 8.3 names, one for each, and stay when a neighbour goes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(name.filter(isName), { selector: nameKey, maxLength: 12 }), (names) => {
      const short = shortNames(names);
      expect(new Set(short.values()).size).toBe(names.length);
      for (const made of short.values()) expect(isShortName(made)).toBe(true);
    }),
  );
});

test('any argument of PORT and EPRT is an address or none; 227 says the six numbers of PORT', () => {
  fc.assert(
    fc.property(fc.string(), (argument) => {
      parsePort(argument);
      parseEprt(argument);
    }),
  );
  fc.assert(
    fc.property(fc.ipV4(), fc.nat(65_535), (address, port) => {
      expect(parsePort(pasvNumbers({ address, port }) ?? '')).toEqual({ address, port });
      expect(parseEprt(`|1|${address}|${port}|`)).toEqual({ address, port });
    }),
  );
});
