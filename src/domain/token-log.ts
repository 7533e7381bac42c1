export type OutputStream = 'out' | 'err';

/** A piece of a program's output as the agent read it from a pipe. */
export interface OutputChunk {
  /** Milliseconds since the program was started, by the agent's clock. */
  readonly atMs: number;
  readonly stream: OutputStream;
  readonly bytes: Uint8Array;
}

/** One output event of a model: a piece of the text, in the order and at the time it came. */
export interface TokenEvent {
  readonly index: number;
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** What an engine says of itself at its end. */
export interface EngineReport {
  /** As printed; undefined when it was missing, `inf`, `nan` or not positive. */
  readonly tokensPerSecond?: number;
  /** The raw words, e.g. `inf`. */
  readonly raw?: string;
  /** The engine's own sign that it came to its end was seen. */
  readonly endMarker: boolean;
}
