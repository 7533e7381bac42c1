import type { Migration } from 'kysely';
import { first } from './0001-first.ts';

/** All changes of the database's shape, in their order. A released one is never edited; a new one is added below. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-first': first,
};
