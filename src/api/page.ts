import { defaultPageLimit } from '../contract/fields.ts';
import type { Page, PageRequest } from './api-store.ts';
import { defined } from './defined.ts';

/** What of a list is asked for. */
export const pageRequest = (query: { after?: string; limit?: number }): PageRequest =>
  defined({ after: query.after, limit: query.limit ?? defaultPageLimit });

/** A page of the store as it is answered. */
export const presentPage = <T, A>(
  { items, next }: Page<T>,
  present: (item: T) => A,
): { items: A[]; next?: string } => defined({ items: items.map(present), next });
