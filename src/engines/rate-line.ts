import type { EngineReport } from '../domain/token-log.ts';

export const rateWords = 'achieved tok/s:';

/**
 * `1.#INF` must come before the digits, or it reads as 1. Never anchored: on a merged stream the line is glued to the
 * text. The C runtimes of old systems write infinity in several ways, so any other word counts as a value too.
 */
const pattern =
  /achieved tok\/s:[ \t]{0,8}([+-]?(?:\d\.#\w{1,16}|inf(?:inity)?|nan(?:\(\w{0,16}\))?|\d+(?:\.\d+)?(?:e[+-]?\d+)?)|[^\s]{0,32})(\r?\n)?/i;

/** Longer than any rate line: what is held for one never grows past this. */
const MAX_LINE_BYTES = 128;

export interface RateMatch {
  readonly from: number;
  readonly to: number;
  readonly raw: string;
  /** False until its line end came: more output could make the value longer. */
  readonly isWhole: boolean;
}

/** The first rate line in the text, wherever it stands. */
export function findRate(text: string): RateMatch | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  return {
    from: match.index,
    to: match.index + match[0].length,
    raw: match[1] ?? '',
    isWhole: match[2] !== undefined || text.length - match.index > MAX_LINE_BYTES,
  };
}

/** Finds the last rate line in a stream whose text does not matter, holding next to nothing of it. */
export class RateFinder {
  #raw: string | undefined;
  #rest = '';

  /** The value as printed; undefined until a rate line came. */
  get raw(): string | undefined {
    return this.#raw;
  }

  note(raw: string): void {
    this.#raw = raw;
  }

  push(text: string, isLast = false): void {
    this.#rest += text;
    for (let match = findRate(this.#rest); match; match = findRate(this.#rest)) {
      if (!match.isWhole && !isLast) break;
      this.#raw = match.raw;
      this.#rest = this.#rest.slice(match.to);
    }
    this.#rest = this.#rest.slice(-MAX_LINE_BYTES);
  }
}

/** What an engine with this rate line says of itself. */
export function reportOf(raw: string | undefined, endMarker: boolean): EngineReport {
  if (raw === undefined) return { endMarker };
  const value = /^\+?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(raw) ? Number(raw) : Number.NaN;
  const isRate = Number.isFinite(value) && value > 0;
  return { ...(isRate && { tokensPerSecond: value }), raw, endMarker };
}
