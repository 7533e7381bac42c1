import type { Bundle } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { Run } from '../domain/run.ts';
import type { TokenEvent } from '../domain/token-log.ts';
import { engineById } from '../engines/index.ts';
import type { EngineReader, EngineResult } from '../engines/engine.ts';
import { createRunLogDecoder } from '../spool/run-log.ts';
import type { RunLogHeader } from '../spool/run-log.ts';
import type { Store } from '../store/open-store.ts';

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

/** The whole stored log of a run, read through its engine. */
export async function readOutput(
  store: Store,
  run: Run,
  bundle: Bundle,
): Promise<{ header: RunLogHeader | undefined; events: TokenEvent[]; result: EngineResult }> {
  const reader = new OutputReader(bundle);
  const events: TokenEvent[] = [];
  for await (const bytes of store.runLogs.chunks(run.id, 0)) {
    for (const step of reader.push(bytes)) events.push(...step.events);
  }
  const result = reader.finish();
  events.push(...result.events);
  return { header: reader.header, events, result };
}
