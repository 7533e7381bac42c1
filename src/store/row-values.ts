import { DomainError } from '../domain/errors.ts';
import type { Flag } from './schema.ts';

type NullableKeys<T> = { [K in keyof T]: null extends T[K] ? K : never }[keyof T];

/** A row's values as the domain has them: a column that is null is a key that is absent. */
export type Present<T> = { [K in Exclude<keyof T, NullableKeys<T>>]: T[K] } & {
  [K in NullableKeys<T>]?: NonNullable<T[K]>;
};

export function present<T extends object>(row: T): Present<T> {
  const copy = { ...row };
  for (const [key, value] of Object.entries(copy)) {
    if (value === null) Reflect.deleteProperty(copy, key);
  }
  if (hasNoNull(copy)) return copy;
  throw new DomainError('BUG', 'a row’s empty column could not be left out');
}

const hasNoNull = <T extends object>(row: T): row is T & Present<T> => !Object.values(row).includes(null);

export const flag = (value: boolean): Flag => (value ? 1 : 0);

/** JSON that this store wrote, of the shape that `guard` knows; anything else means a damaged database. */
export function fromJson<T>(text: string, guard: (value: unknown) => value is T, column: string): T {
  const damaged = (cause?: unknown) =>
    new DomainError('STORE_DAMAGED', `the database has something unexpected in ${column}`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(error);
  }
  if (guard(value)) return value;
  throw damaged();
}

export const fromJsonOrNull = <T>(
  text: string | null,
  guard: (value: unknown) => value is T,
  column: string,
): T | null => (text === null ? null : fromJson(text, guard, column));

/** For a patch: undefined leaves the column, null clears it. */
export const toJson = (value: object | null | undefined): string | null | undefined =>
  value === null || value === undefined ? value : JSON.stringify(value);

/** Changes to an object: undefined leaves a value, null clears one that is optional. */
export type Patch<T> = {
  readonly [K in keyof T]?: (undefined extends T[K] ? T[K] | null : T[K]) | undefined;
};
