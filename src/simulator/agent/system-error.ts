import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** A system error as END's `oserr` has it: the number and the system's words. */
export function describeSystemError(error: unknown): string {
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
  const words =
    getSystemErrorMap().get(errno)?.[1] ?? (error instanceof Error ? error.message : 'unknown error');
  return `${Math.abs(errno)} ${words}`.slice(0, 200);
}

/** A system error of our own making, for what the system would have said. */
export function systemError(code: 'EACCES' | 'ENOEXEC' | 'EPIPE', words: string): Error {
  return Object.assign(new Error(words), { code, errno: -constants.errno[code] });
}
