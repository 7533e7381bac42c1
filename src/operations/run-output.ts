import type { Bundle } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import { TextTimes } from '../domain/timing-figures.ts';
import type { TokenEvent } from '../domain/token-log.ts';
import { engineById } from '../engines/index.ts';
import type { EngineReader, EngineResult } from '../engines/engine.ts';
import { TextBuilder } from '../engines/text.ts';
import { createRunLogDecoder } from '../spool/run-log.ts';
import type { RunLogHeader } from '../spool/run-log.ts';

/** More of a run's text is only in its log. */
const MAX_TEXT_BYTES = 1024 * 1024;

/** Token events that one record of the log gave, and where in the raw log that record ends. */
export interface OutputStep {
  readonly endOffset: number;
  readonly events: readonly TokenEvent[];
}

/**
 * A stored log as token events. Feed it the log from its first byte on, in pieces of any size; it is pure, so a second
 * reader over the same bytes gives the same events at the same offsets.
 */
export class OutputReader {
  readonly #decoder = createRunLogDecoder();
  readonly #engine: EngineReader;
  #header: RunLogHeader | undefined;

  constructor(bundle: Pick<Bundle, 'engine'>) {
    const engine = engineById(bundle.engine);
    if (!engine) throw new DomainError('BUG', `there is no engine ${bundle.engine}`);
    this.#engine = engine.create();
  }

  get header(): RunLogHeader | undefined {
    return this.#header;
  }

  push(bytes: Uint8Array): OutputStep[] {
    const { header, chunks } = this.#decoder.push(bytes);
    this.#header ??= header;
    return chunks.map((chunk) => ({ endOffset: chunk.endOffset, events: this.#engine.push(chunk) }));
  }

  finish(): EngineResult {
    return this.#engine.finish();
  }
}

/** What a whole log says, in little memory however long it is. */
export interface OutputSummary {
  readonly header: RunLogHeader | undefined;
  readonly result: EngineResult;
  readonly tokens: number;
  readonly times: TextTimes;
  readonly text: string;
  readonly isTextCut: boolean;
}

/** Reads a whole log through the engine of its bundle. */
export async function readOutput(
  log: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  bundle: Pick<Bundle, 'engine'>,
): Promise<OutputSummary> {
  const reader = new OutputReader(bundle);
  const times = new TextTimes();
  const text = new TextBuilder(MAX_TEXT_BYTES);
  let tokens = 0;
  const take = ({ atMs, bytes }: TokenEvent): void => {
    tokens += 1;
    text.add(bytes);
    if (bytes.length > 0) times.add(atMs);
  };
  for await (const bytes of log) {
    for (const { events } of reader.push(bytes)) events.forEach(take);
  }
  const result = reader.finish();
  result.events.forEach(take);
  const { text: kept, isCut } = text.finish();
  return { header: reader.header, result, tokens, times, text: kept, isTextCut: isCut };
}
