import type { EngineReport, OutputChunk, TokenEvent } from '../domain/token-log.ts';

/** The first bytes of both streams, one character per byte, at most 4 KiB each. */
export interface EngineHead {
  readonly out: string;
  readonly err: string;
}

export interface EngineResult {
  /** Id of the engine that the output turned out to be from. */
  readonly engine: string;
  /** What was held back until the end. */
  readonly events: readonly TokenEvent[];
  readonly report: EngineReport;
  /** Bytes of text in all events of this reader. */
  readonly textBytes: number;
}

/** Turns one program's output into text events, as it comes. Never throws, whatever the program prints. */
export interface EngineReader {
  /** The events that are certain to be text by now; one event per record of the output stream. */
  push(chunk: OutputChunk): TokenEvent[];
  /** No more output will come. Call it once. */
  finish(): EngineResult;
}

/** How one family of programs prints: what is text, and what it says of itself. */
export interface Engine {
  readonly id: string;
  readonly label: string;
  /** Whether it prints a sign of its own when it comes to its end. */
  readonly hasEndMarker: boolean;
  /** Whether its output is nothing but text until the end, so that it may be read while `accepts` is still unsure. */
  readonly startsWithText: boolean;
  /** Whether output that begins so is this engine's; undefined when it cannot be told yet. */
  accepts(head: EngineHead): boolean | undefined;
  /** `isCertain` false: the reader was chosen while `accepts` was unsure, and may find that it is another engine. */
  create(isCertain?: boolean): EngineReader;
}
