import type { AgentFacts } from './machine.ts';

/** A machine that has told of itself, and waits for somebody who says what it shall be called. */
export interface Newcomer {
  /** What it logs in with. */
  readonly user: string;
  /** Shown on its screen, so that somebody can tell it from others. */
  readonly code: string;
  /** Where it comes from. */
  readonly address: string;
  /** Its own word, as everything of `agent`. */
  readonly name: string;
  readonly agent: AgentFacts;
  readonly sinceMs: number;
  readonly seenMs: number;
}
