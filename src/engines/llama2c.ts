import type { OutputChunk, TokenEvent } from '../domain/token-log.ts';
import type { Engine, EngineReader, EngineResult } from './engine.ts';
import { beforeLineEnd, beginningAtEnd, HeldText, latin1 } from './held-text.ts';
import { plainText } from './plain-text.ts';
import { findRate, RateFinder, rateWords, reportOf } from './rate-line.ts';

/**
 * llama2.c prints the text, a line end, and the rate on its error stream. Where both streams share a pipe the rate
 * line stands in the middle of the last line; the line end that follows it is then the engine's, not the text's.
 */
class Llama2cReader implements EngineReader {
  readonly #held = new HeldText();
  readonly #rate = new RateFinder();
  readonly #isCertain: boolean;

  constructor(isCertain: boolean) {
    this.#isCertain = isCertain;
  }

  push(chunk: OutputChunk): TokenEvent[] {
    if (chunk.stream === 'err') {
      this.#rate.push(latin1(chunk.bytes));
      return [];
    }
    this.#held.add(chunk);
    return this.#held.release(this.#cutRates(false));
  }

  finish(): EngineResult {
    this.#rate.push('', true);
    this.#cutRates(true);
    const isRecognized = this.#rate.raw !== undefined;
    const { length } = this.#held.content;
    if (this.#isCertain || isRecognized) this.#held.cut(beforeLineEnd(this.#held.content, length), length);
    const events = this.#held.release(length);
    return {
      engine: this.#isCertain || isRecognized ? llama2c.id : plainText.id,
      events,
      report: reportOf(this.#rate.raw, isRecognized),
      textBytes: this.#held.releasedBytes,
    };
  }

  /** Takes whole rate lines out of what is held; returns up to where the rest is certain to be text. */
  #cutRates(isLast: boolean): number {
    for (let match = findRate(this.#held.content); match; match = findRate(this.#held.content)) {
      if (!match.isWhole && !isLast) return beforeLineEnd(this.#held.content, match.from);
      this.#rate.note(match.raw);
      this.#held.cut(match.from, match.to);
    }
    const { content } = this.#held;
    const doubtful = content.length - beginningAtEnd(content, [rateWords, '\r\n']);
    return beforeLineEnd(content, doubtful);
  }
}

export const llama2c: Engine = {
  id: 'llama2c',
  label: 'llama2.c (run, runq)',
  hasEndMarker: true,
  startsWithText: true,
  accepts: ({ out, err }) => ((findRate(err) ?? findRate(out)) ? true : undefined),
  create: (isCertain = true) => new Llama2cReader(isCertain),
};
