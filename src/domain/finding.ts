/** `block`: it must not start. `warn`: it may well fail. `info`: good to know. */
export type FindingLevel = 'block' | 'warn' | 'info';

/** One thing that preflight found. `code` is stable: a code of the error table, or one of preflight's own. */
export interface Finding {
  readonly level: FindingLevel;
  readonly code: string;
  /** One or two sentences for a person. */
  readonly message: string;
}
