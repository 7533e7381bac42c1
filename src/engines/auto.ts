import { DomainError } from '../domain/errors.ts';
import type { OutputChunk, TokenEvent } from '../domain/token-log.ts';
import type { Engine, EngineHead, EngineReader, EngineResult } from './engine.ts';
import { latin1 } from './held-text.ts';

/** No engine needs more of its output to be known. */
const MAX_HEAD_BYTES = 4_096;
/** Against a program that prints on its error stream for ever before its first word of output. */
const MAX_WAITING_BYTES = 65_536;

export interface EngineChoice {
  readonly engine: Engine;
  readonly isCertain: boolean;
}

/**
 * The first engine of the list that accepts output with this head; undefined while a better one may still turn out to
 * fit. With `mustDecide` the unsure ones count as unfit, unless text is all they print.
 */
export function pickFrom(
  engines: readonly Engine[],
  head: EngineHead,
  mustDecide: boolean,
): EngineChoice | undefined {
  for (const engine of engines) {
    const answer = engine.accepts(head);
    if (answer === true) return { engine, isCertain: true };
    if (answer === false) continue;
    if (engine.startsWithText) return { engine, isCertain: false };
    if (!mustDecide) return undefined;
  }
  return undefined;
}

/** Keeps output until it is known which engine it is from, then reads on as that engine does. */
class AutoReader implements EngineReader {
  readonly #engines: readonly Engine[];
  #waiting: OutputChunk[] = [];
  #waitingBytes = 0;
  #head: EngineHead = { out: '', err: '' };
  #reader: EngineReader | undefined;

  constructor(engines: readonly Engine[]) {
    this.#engines = engines;
  }

  push(chunk: OutputChunk): TokenEvent[] {
    if (this.#reader) return this.#reader.push(chunk);
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.bytes.length;
    const { stream } = chunk;
    const head = (this.#head[stream] + latin1(chunk.bytes)).slice(0, MAX_HEAD_BYTES);
    this.#head = { ...this.#head, [stream]: head };
    const isFull = this.#head.out.length >= MAX_HEAD_BYTES || this.#waitingBytes >= MAX_WAITING_BYTES;
    // Nothing but errors so far tells no engine from another.
    return this.#head.out === '' && !isFull ? [] : this.#decide(isFull);
  }

  finish(): EngineResult {
    const events = this.#reader ? [] : this.#decide(true);
    const result = this.#reader?.finish();
    if (!result) throw new DomainError('BUG', 'the last engine of the list must accept everything');
    return { ...result, events: [...events, ...result.events] };
  }

  #decide(mustDecide: boolean): TokenEvent[] {
    const pick = pickFrom(this.#engines, this.#head, mustDecide);
    if (!pick) return [];
    const reader = pick.engine.create(pick.isCertain);
    const waiting = this.#waiting;
    this.#reader = reader;
    this.#waiting = [];
    return waiting.flatMap((chunk) => reader.push(chunk));
  }
}

/** An engine that becomes the first of the list that accepts the output. */
export const autoOf = (engines: readonly Engine[]): Engine => ({
  id: 'auto',
  label: 'the first engine that accepts the output',
  hasEndMarker: false,
  startsWithText: false,
  accepts: () => true,
  create: () => new AutoReader(engines),
});
