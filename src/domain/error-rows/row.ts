/** Whose fault an error is: the person asking, the old machine, the wire, the program that ran there, or fleet98. */
export type Fault = 'user' | 'machine' | 'network' | 'engine' | 'us';

export interface ErrorRow {
  readonly fault: Fault;
  /** HTTP status of an answer that carries this error. */
  readonly http: number;
  /** Whether trying the same thing again later may help without anybody doing anything. */
  readonly retry: boolean;
  readonly title: string;
  /** What to do next, for a person. */
  readonly hint: string;
}

/** A row of the table: whose fault, HTTP status, whether to retry, title, what to do next. */
export const row = (fault: Fault, http: number, retry: boolean, title: string, hint: string): ErrorRow => ({
  fault,
  http,
  retry,
  title,
  hint,
});
