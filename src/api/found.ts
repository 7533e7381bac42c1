import { DomainError } from '../domain/errors.ts';

/** The value, or NOT_FOUND with `there is no <what>`. */
export function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new DomainError('NOT_FOUND', `there is no ${what}`);
  return value;
}
