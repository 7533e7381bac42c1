import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { visible, visibleLine, VisibleStream } from '../../src/cli/visible.ts';

describe('visible', () => {
  test.each([
    ['plain text, ümläut, 字, 🙂', 'plain text, ümläut, 字, 🙂'],
    ['\u001b[31mred\u001b[0m', '␛[31mred␛[0m'],
    ['\u001b]0;title\u0007', '␛]0;title␇'],
    ['a\u0000b', 'a␀b'],
    ['tab\there', 'tab␉here'],
    ['back\b\b', 'back␈␈'],
    ['\u007f', '␡'],
    ['\u009b31m', '\\x9b31m'],
    ['\u0085', '\\x85'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['zero\u200bwidth\ufeff', 'zero\\u200bwidth\\ufeff'],
    ['\u2028', '\\u2028'],
    ['two\nlines', 'two\nlines'],
    ['dos\r\nlines\r\n', 'dos\nlines\n'],
    ['over\rwritten', 'over␍written'],
  ])('%j is shown as %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test('a line has its line ends as symbols', () => {
    expect(visibleLine('a\r\nb\n')).toBe('a␍␊b␊');
  });

  const anything = fc.string({ unit: 'binary' });

  test('never lets a control character through', () => {
    fc.assert(
      fc.property(anything, (text) => {
        // oxlint-disable-next-line no-control-regex
        expect(visible(text)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
        expect(visibleLine(text)).not.toContain('\n');
      }),
    );
  });

  test('gives the same for pieces as for the whole', () => {
    const piece = fc.oneof(fc.constantFrom('\r', '\n', '\r\n', 'a', '\u001b'), anything);
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const stream = new VisibleStream();
        const shown = pieces.map((text) => stream.push(text)).join('') + stream.end();
        expect(shown).toBe(visible(pieces.join('')));
      }),
    );
  });
});
