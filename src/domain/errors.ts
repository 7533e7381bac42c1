import { agentErrors } from './error-rows/agents.ts';
import { bundleErrors } from './error-rows/bundles.ts';
import { deploymentErrors } from './error-rows/deployments.ts';
import { linkErrors } from './error-rows/links.ts';
import { requestErrors } from './error-rows/requests.ts';
import { runErrors } from './error-rows/runs.ts';
import type { ErrorRow, Fault } from './error-rows/row.ts';

export type { Fault } from './error-rows/row.ts';

/** Every error code of fleet98. `docs/errors.md` is generated from this table. Codes are never renamed or reused. */
export const errorTable = {
  ...requestErrors,
  ...bundleErrors,
  ...linkErrors,
  ...agentErrors,
  ...deploymentErrors,
  ...runErrors,
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

/** Whether a stored word is one of the codes. */
export const isErrorCode = (word: string): word is ErrorCode => Object.hasOwn(errorTable, word);

/** An error with a stable code. `detail` is one sentence for a person: no secret and no path of the daemon's host. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }

  get fault(): Fault {
    return errorTable[this.code].fault;
  }

  /** What to do next, for a person. */
  get hint(): string {
    return errorTable[this.code].hint;
  }

  get retry(): boolean {
    return errorTable[this.code].retry;
  }
}

/** Any thrown value as a DomainError; what is unknown becomes a BUG that keeps its cause. */
export function asDomainError(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  return new DomainError('BUG', 'something unexpected happened inside the daemon', { cause: thrown });
}
