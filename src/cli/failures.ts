import type { Problem } from '../contract/problem.ts';

export const exitCodes = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const;

/** The command line makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The daemon said no. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Pick<Problem, 'code' | 'detail' | 'hint' | 'status'>;

  constructor(problem: Pick<Problem, 'code' | 'detail' | 'hint' | 'status'>) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** No daemon answers, or what answers is none. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** What a person is told of a failure, and the exit code that goes with it. */
export function explain(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (error instanceof UsageError) return { text: `usage: ${error.message}`, exitCode: exitCodes.usage };
  if (error instanceof UnreachableError) return { text: error.message, exitCode: exitCodes.unreachable };
  if (error instanceof ProblemError) {
    const { code, detail, hint } = error.problem;
    return { text: `${code}: ${detail}\n${hint}`, exitCode: exitCodes.failed };
  }
  if (!(error instanceof Error)) return { text: String(error), exitCode: exitCodes.failed };
  // Errors of the daemon's own modules, which this folder does not import, carry a code of the table.
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const hint = 'hint' in error && typeof error.hint === 'string' ? `\n${error.hint}` : '';
  // Those of the file system have it in their words already.
  const said = code === '' || error.message.startsWith(code) ? error.message : `${code}: ${error.message}`;
  return { text: `${said}${hint}`, exitCode: exitCodes.failed };
}
