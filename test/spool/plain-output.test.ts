import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { logOfPlainOutput } from '../../src/spool/plain-output.ts';
import { createRunLogDecoder } from '../../src/spool/run-log.ts';
import { exampleHeader } from './encode-run-log.ts';

test('whatever a program printed is a LOG of the same bytes, without times', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 10_000, size: 'max' }), (bytes) => {
      const decoder = createRunLogDecoder();
      const log = logOfPlainOutput(exampleHeader, bytes);
      const { header, chunks, damaged } = decoder.push(log);
      expect(damaged).toBeUndefined();
      const { id, token } = exampleHeader;
      expect(header).toEqual({ id, token, clock: 'none', stepUs: 0, boot: 0 });
      expect(Buffer.concat(chunks.map((chunk) => chunk.bytes))).toEqual(Buffer.from(bytes));
      expect(chunks.every(({ atMs, stream }) => atMs === 0 && stream === 'out')).toBe(true);
      expect(decoder.completeBytes).toBe(log.length);
    }),
  );
});
