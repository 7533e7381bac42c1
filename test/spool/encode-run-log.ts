import type { OutputChunk } from '../../src/domain/token-log.ts';
import type { RunLogHeader, RunLogRecord } from '../../src/spool/run-log.ts';

export const exampleHeader: RunLogHeader = {
  id: '0012ABCD',
  token: '0123456789ABCDEF',
  clock: 'GetTickCount',
  stepUs: 55_000,
  boot: 7,
};

/** A LOG as an agent writes it. */
export function encodeRunLog(header: RunLogHeader, chunks: readonly OutputChunk[]): Uint8Array {
  const { id, token, clock, stepUs, boot } = header;
  const parts = chunks.flatMap((chunk) => [
    Buffer.from(`@${chunk.atMs} ${chunk.stream === 'out' ? 'o' : 'e'} ${chunk.bytes.length}\n`),
    chunk.bytes,
    Buffer.from('\n'),
  ]);
  const first = Buffer.from(`#fleet98 1 ${id} ${token} clock=${clock} step_us=${stepUs} boot=${boot}\n`);
  return new Uint8Array(Buffer.concat([first, ...parts]));
}

/** What a reader finds in such a LOG: the chunks, and where each record ends. */
export function recordsOf(header: RunLogHeader, chunks: readonly OutputChunk[]): RunLogRecord[] {
  return chunks.map((chunk, index) => ({
    ...chunk,
    endOffset: encodeRunLog(header, chunks.slice(0, index + 1)).length,
  }));
}
