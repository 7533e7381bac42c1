export type ClockSource = 'engine' | 'agent' | 'daemon';

/** A figure with whose clock it was taken and how coarse that clock is. */
export interface Figure {
  readonly value: number;
  readonly source: ClockSource;
  readonly clock: string;
  /** Smallest step of that clock in milliseconds. */
  readonly stepMs: number;
}

/** Figures derived from a token log. A figure that cannot be known is absent, never guessed. */
export interface Timing {
  /** Start of the program to the first piece of text, in milliseconds. */
  readonly ttftMs?: Figure;
  /** (n - 1) / (last - first) over the text events, per second. */
  readonly intervalTokensPerSecond?: Figure;
  /** The rate that the engine printed, per second. */
  readonly reportedTokensPerSecond?: Figure;
  /** Start to end of the program in milliseconds. */
  readonly wallMs?: Figure;
  /** Gaps between events in milliseconds: median and 95th percentile. */
  readonly gapMedianMs?: Figure;
  readonly gapP95Ms?: Figure;
}
