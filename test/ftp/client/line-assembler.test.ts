import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineAssembler, maxReplyChars } from '../../../src/ftp/client/line-assembler.ts';
import { ReplyAssembler } from '../../../src/ftp/client/reply-assembler.ts';

function feed(pieces: readonly string[]): { lines: string[]; tail: string; overflowed: boolean } {
  const assembler = new LineAssembler();
  const lines: string[] = [];
  let overflowed = false;
  for (const piece of pieces) {
    const result = assembler.push(piece);
    lines.push(...result.lines);
    overflowed ||= result.overflowed;
  }
  return { lines, tail: assembler.tail, overflowed };
}

function cut(text: string, at: readonly number[]): string[] {
  const points = [0, ...at.map((n) => n % (text.length + 1)), text.length].toSorted((a, b) => a - b);
  return points.slice(1).map((end, index) => text.slice(points[index], end));
}

const anyBytes = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0x0a, 0x0d, 0x00, 0xff, 0xf1, 0xfb, 0xfd, 0x32, 0x2d, 0x20),
    ),
    { maxLength: 200 },
  )
  .map((bytes) => String.fromCharCode(...bytes));

describe('lines of a control connection', () => {
  it.each([
    ['a plain line', '220 ready\r\n', ['220 ready'], ''],
    ['LF alone', '220 ready\n', ['220 ready'], ''],
    ['CR CR LF', '220 ready\r\r\n', ['220 ready'], ''],
    ['no end yet', '220 rea', [], '220 rea'],
    ['two lines', '220 a\r\n331 b\r\n', ['220 a', '331 b'], ''],
    ['telnet DO and WILL', '\xff\xfd\x01\xff\xfb\x03220 a\r\n', ['220 a'], ''],
    ['telnet NOP inside', '22\xff\xf10 a\r\n', ['220 a'], ''],
    ['a doubled 0xFF is one', '220 \xff\xff\r\n', ['220 \xff'], ''],
    ['0xFF before text stays', '220 \xffa\r\n', ['220 \xffa'], ''],
    ['CR NUL', '220 a\r\0\n', ['220 a'], ''],
  ])('%s', (_name, bytes, lines, tail) => {
    expect(feed([bytes])).toEqual({ lines, tail, overflowed: false });
  });

  it('does not depend on how TCP cuts the bytes', () => {
    fc.assert(
      fc.property(anyBytes, fc.array(fc.nat(), { maxLength: 20 }), (bytes, at) => {
        expect(feed(cut(bytes, at))).toEqual(feed([bytes]));
      }),
    );
  });

  it('gives the same for every single cut of a real session', () => {
    const session = '220-hello\r\n220 x\r\n\xff\xfd\x06227 Entering Passive Mode (127,0,0,1,4,5)\r\n2';
    const whole = feed([session]);
    expect(whole.lines).toHaveLength(3);
    for (let at = 0; at <= session.length; at += 1) {
      expect(feed([session.slice(0, at), session.slice(at)])).toEqual(whole);
    }
  });

  it('stops at 64 KiB without a line end, whole or in pieces', () => {
    const junk = 'x'.repeat(maxReplyChars + 1);
    expect(feed([junk]).overflowed).toBe(true);
    expect(feed(['220 a\n', junk.slice(0, 1000), junk.slice(1000)])).toMatchObject({
      lines: ['220 a'],
      overflowed: true,
    });
    expect(feed([`220 a\n${junk}\n220 b\n`])).toMatchObject({ lines: ['220 a'], overflowed: true });
    expect(feed(['x'.repeat(maxReplyChars)]).overflowed).toBe(false);
  });

  it('flushes a tail as lines where only CR ends them', () => {
    const assembler = new LineAssembler();
    assembler.push('220 a\r331 b\r');
    expect(assembler.flush()).toEqual(['220 a', '331 b']);
    expect(assembler.tail).toBe('');
  });
});

const answers = (lines: readonly string[]) => {
  const assembler = new ReplyAssembler();
  const found = lines.map((line) => assembler.push(line));
  return { found: found.flatMap((one) => (one.kind === 'reply' ? [one.reply] : [])), assembler };
};

describe('answers of a control connection', () => {
  it.each([
    ['one line', ['220 a'], ['220 a']],
    ['a bare code', ['220'], ['220']],
    ['a block', ['211-Features:', ' SIZE', '211 End'], ['211-Features:\n SIZE\n211 End']],
    ['a block closed by a bare code', ['200-a', '200'], ['200-a\n200']],
    ['another code inside a block', ['250-a', '550', '250'], ['250-a\n550\n250']],
    ['a code in the text', ['230-a', '230-b 550 c', '230 in'], ['230-a\n230-b 550 c\n230 in']],
    ['junk around', ['hello', '200 a', 'x'], ['200 a']],
  ])('%s', (_name, lines, expected) => {
    expect(answers(lines).found).toEqual(expected);
  });

  it('rescues a block that another code ends', () => {
    const { found, assembler } = answers(['220-welcome', '230 logged in']);
    expect(found).toEqual([]);
    expect(assembler.rescue()).toBe('230 logged in');
    expect(assembler.isInBlock).toBe(false);
  });

  it('does not rescue a block whose last line is only text', () => {
    const { assembler } = answers(['220-welcome', '230 logged in', ' more text']);
    expect(assembler.rescue()).toBeUndefined();
    expect(assembler.isInBlock).toBe(true);
  });

  it('gives up on a block past 64 KiB', () => {
    const assembler = new ReplyAssembler();
    assembler.push('220-a');
    const line = 'x'.repeat(1000);
    const kinds = Array.from({ length: 70 }, () => assembler.push(line).kind);
    expect(kinds).toContain('overflow');
  });

  it('takes any lines', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => {
        const assembler = new ReplyAssembler();
        for (const line of lines) assembler.push(line);
        assembler.rescue();
      }),
    );
  });
});
