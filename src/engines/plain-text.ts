import type { OutputChunk, TokenEvent } from '../domain/token-log.ts';
import type { Engine, EngineReader, EngineResult } from './engine.ts';

/** Everything on the output stream is text; nothing is known of what the program says of itself. */
class PlainTextReader implements EngineReader {
  #nextIndex = 0;
  #textBytes = 0;

  push({ stream, atMs, bytes }: OutputChunk): TokenEvent[] {
    if (stream === 'err' || bytes.length === 0) return [];
    this.#textBytes += bytes.length;
    return [{ index: this.#nextIndex++, atMs, bytes }];
  }

  finish(): EngineResult {
    return { engine: plainText.id, events: [], report: { endMarker: false }, textBytes: this.#textBytes };
  }
}

export const plainText: Engine = {
  id: 'plain-text',
  label: 'any program: all output is text',
  hasEndMarker: false,
  startsWithText: true,
  accepts: () => true,
  create: () => new PlainTextReader(),
};
