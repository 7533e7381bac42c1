import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { describeTransfer, showTransfer } from '../../src/cli/transfer-progress.ts';
import { TextOutput } from './support.ts';

let nowMs = 0;
beforeEach(() => {
  nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(() => vi.restoreAllMocks());

/** A piece of 1 MB each so many milliseconds. */
async function* pieces(count: number, everyMs: number): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < count; piece++) {
    await turn();
    nowMs += everyMs;
    yield new Uint8Array(1_000_000);
  }
}

async function countOf(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0;
  for await (const piece of bytes) count += piece.length;
  return count;
}

const erased = '\u001b[1A\u001b[J';

test('on a terminal a line is redrawn, and is gone before anything else is said', async () => {
  const output = new TextOutput({ isTTY: true, columns: 60 });
  const work = showTransfer(
    output,
    { name: 'big.bin', totalBytes: 4_000_000 },
    pieces(9, 300),
    async (bytes) => {
      let count = 0;
      for await (const _ of bytes) if (++count === 3) throw new Error('cut');
    },
  );
  await expect(work).rejects.toThrow('cut');
  expect(output.text).toBe(
    'big.bin [######..................] 25 % of 4.0 MB, 3.3 MB/s\n' +
      `${erased}big.bin [############............] 50 % of 4.0 MB, 3.3 MB/s\n${erased}`,
  );
});

test('elsewhere a line comes now and then; what is over at once shows nothing', async () => {
  const output = new TextOutput();
  expect(await showTransfer(output, { name: 'a' }, pieces(5, 6_000), countOf)).toBe(5_000_000);
  expect(output.text).toBe('a 2.0 MB, 167 KB/s\na 4.0 MB, 167 KB/s\n');
  const short = new TextOutput({ isTTY: true });
  await showTransfer(short, { name: 'a', totalBytes: 1_000_000 }, pieces(1, 100), countOf);
  expect(short.text).toBe('');
});

test.each([
  [{ name: 'a', totalBytes: 0 }, 0, 1, 'a [########################] 100 % of 0 B'],
  [{ name: 'a\u001b[2J', totalBytes: 10 }, 5, 0, 'a␛[2J [############............] 50 % of 10 B'],
  [
    { name: 'a', totalBytes: 10_000 },
    5_000,
    5,
    'a [############............] 50 % of 10 KB, 1.0 KB/s, 5 s left',
  ],
])('%j after %d bytes', (transfer, bytes, seconds, text) => {
  expect(describeTransfer(transfer, bytes, seconds)).toBe(text);
});
