import type { OutputChunk, TokenEvent } from '../domain/token-log.ts';
import type { Engine, EngineReader, EngineResult } from './engine.ts';
import { beforeLineEnd, beginningAtEnd, HeldText, latin1 } from './held-text.ts';
import { findRate, RateFinder, rateWords, reportOf } from './rate-line.ts';

/** What its output can begin with; the last two come from its error stream where both share a pipe. */
const firstWords = [
  'Using default checkpoint:',
  'Allocating RunState buffers:',
  'Large allocation requested:',
  'Memory limit exceeded!',
];
const bannerEnd = /(?:^|\n)Response:\r?\n\r?\n/;
const textEnds = ['Freeing prompt tokens...', 'Found BOS token, stopping'];
const endMarker = 'Generation complete';
/** Longer than the end of the banner and than the end marker. */
const KEPT_CHARACTERS = 64;

/**
 * llama98.c prints a banner that ends in `Response:` and an empty line, the text, a line end, and two lines of its own
 * (three when the model ended by itself). The banner comes in one write with the first piece of text.
 */
class Llama98Reader implements EngineReader {
  readonly #held = new HeldText();
  readonly #rate = new RateFinder();
  #part: 'banner' | 'text' | 'end' = 'banner';
  #isComplete = false;
  #tail = '';

  push(chunk: OutputChunk): TokenEvent[] {
    if (chunk.stream === 'err') {
      this.#rate.push(latin1(chunk.bytes));
      return [];
    }
    if (this.#part === 'end') {
      this.#readEnd(latin1(chunk.bytes));
      return [];
    }
    this.#held.add(chunk);
    if (this.#part === 'banner' && !this.#leaveBanner()) return [];
    return this.#held.release(this.#findTextEnd(false));
  }

  finish(): EngineResult {
    this.#rate.push('', true);
    const events = this.#part === 'text' ? this.#held.release(this.#findTextEnd(true)) : [];
    return {
      engine: llama98.id,
      events,
      // Its last words can be lost with a crash while it frees memory; the rate comes before that.
      report: reportOf(this.#rate.raw, this.#isComplete || this.#rate.raw !== undefined),
      textBytes: this.#held.releasedBytes,
    };
  }

  #leaveBanner(): boolean {
    const { content } = this.#held;
    const match = bannerEnd.exec(content);
    if (match) this.#part = 'text';
    this.#held.cut(0, match ? match.index + match[0].length : Math.max(0, content.length - KEPT_CHARACTERS));
    return match !== null;
  }

  /** Takes out what is not text; returns up to where the rest is certain to be text. */
  #findTextEnd(isLast: boolean): number {
    for (let match = findRate(this.#held.content); match; match = findRate(this.#held.content)) {
      if (!match.isWhole && !isLast) return beforeLineEnd(this.#held.content, match.from);
      this.#rate.note(match.raw);
      this.#held.cut(match.from, match.to);
    }
    const { content } = this.#held;
    const ends = textEnds.map((words) => content.indexOf(words)).filter((position) => position >= 0);
    if (ends.length > 0) {
      const end = beforeLineEnd(content, Math.min(...ends));
      this.#part = 'end';
      this.#readEnd(content.slice(end));
      this.#held.cut(end, content.length);
      return end;
    }
    if (isLast) return content.length;
    return beforeLineEnd(content, content.length - beginningAtEnd(content, [rateWords, ...textEnds, '\r\n']));
  }

  #readEnd(text: string): void {
    this.#rate.push(text);
    const end = this.#tail + text;
    if (end.includes(endMarker)) this.#isComplete = true;
    this.#tail = end.slice(-KEPT_CHARACTERS);
  }
}

function accepts(out: string): boolean | undefined {
  if (firstWords.some((words) => out.startsWith(words))) return true;
  return firstWords.some((words) => words.startsWith(out)) ? undefined : false;
}

export const llama98: Engine = {
  id: 'llama98',
  label: 'llama98.c',
  hasEndMarker: true,
  startsWithText: false,
  accepts: ({ out }) => accepts(out),
  create: () => new Llama98Reader(),
};
