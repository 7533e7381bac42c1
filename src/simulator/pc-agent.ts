/** The agent of one simulated PC while it runs. */
export interface PcAgent {
  /** Ends it with its program, as closing its window would: the run ends as `killed`. */
  stop(): Promise<void>;
  /** Ends it with its program in the middle of whatever it does, without a word. Settles when both are gone. */
  crash(): Promise<void>;
}
