import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { quotedLine } from '../../src/domain/command-line.ts';

/** A line split the way that the C runtime of Windows documents. */
function split(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const slashes = /^\\*/.exec(line.slice(at))?.[0].length ?? 0;
    const next = line[at + slashes];
    if (slashes > 0) {
      word = (word ?? '') + '\\'.repeat(next === '"' ? Math.floor(slashes / 2) : slashes);
      at += slashes - 1;
      if (next === '"' && slashes % 2 === 1) {
        word += '"';
        at += 1;
      }
    } else if (next === '"') {
      quoted = !quoted;
      word ??= '';
    } else if ((next === ' ' || next === '\t') && !quoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + (next ?? '');
  }
  return word === undefined ? words : [...words, word];
}

test.each([
  [['RUN.EXE', '-i', 'Once'], 'RUN.EXE -i Once'],
  [['a b', ''], '"a b" ""'],
  [['say "hi"'], '"say \\"hi\\""'],
  [['C:\\DIR\\'], 'C:\\DIR\\'],
  [['C:\\MY DIR\\'], '"C:\\MY DIR\\\\"'],
  [['\\"'], '"\\\\\\""'],
])('%o', (words, line) => {
  expect(quotedLine(words)).toBe(line);
});

test('is read back as the same words, whatever they are', () => {
  const word = fc.oneof(fc.string({ maxLength: 12 }), fc.stringMatching(/^[\\" a]{0,10}$/));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (words) => {
      expect(split(quotedLine(words))).toEqual(words);
    }),
  );
});
