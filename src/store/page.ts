import { DomainError } from '../domain/errors.ts';

/** One page of a list: give `next` of the page before as `after`. */
export interface Page {
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface PageOf<T> {
  readonly items: T[];
  /** Absent on the last page. */
  readonly next?: string;
}

/** Where a list goes on: the values by which it is sorted, of the last item of the page before. */
export type CursorKey = string | number;

const MAX_LIMIT = 1_000;

/** The key in a cursor that this list gave out; INVALID_REQUEST for anything else. */
export function readCursor(
  list: string,
  after: string,
  kinds: readonly ('string' | 'number')[],
): CursorKey[] {
  const key = decode(after);
  if (key?.[0] === list && key.length === kinds.length + 1) {
    const values = key.slice(1).filter(isCursorKey);
    if (kinds.every((kind, index) => typeof values[index] === kind)) return values;
  }
  throw new DomainError('INVALID_REQUEST', 'after: it is not a `next` of this list');
}

/** Cuts `rows`, of which one more than `limit` was asked for, to a page; `keyOf` says what the list is sorted by. */
export function makePage<Row, Item>(
  list: string,
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => CursorKey[],
  toItem: (row: Row) => Item,
): PageOf<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const items = shown.map(toItem);
  if (rows.length <= limit || last === undefined) return { items };
  return { items, next: Buffer.from(JSON.stringify([list, ...keyOf(last)])).toString('base64url') };
}

/** How many rows to ask for: one more than the page shows, to know whether there is another page. */
export function rowsFor(page: Page): number {
  if (Number.isInteger(page.limit) && page.limit >= 1 && page.limit <= MAX_LIMIT) return page.limit + 1;
  throw new DomainError('INVALID_REQUEST', `limit: a whole number from 1 to ${MAX_LIMIT} is needed`);
}

function decode(cursor: string): unknown[] | undefined {
  try {
    const bytes = Buffer.from(cursor, 'base64url');
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return Array.isArray(value) && bytes.toString('base64url') === cursor ? value : undefined;
  } catch {
    return undefined;
  }
}

function isCursorKey(value: unknown): value is CursorKey {
  return typeof value === 'string' || Number.isSafeInteger(value);
}
