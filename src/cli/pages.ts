/** All items of a list that the daemon answers page by page. */
export async function readAll<T>(
  readPage: (after: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next?: string }>,
): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const page = await readPage(after);
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}

const MAX_PAGE = 200;

/** The first `count` items of a list. */
export async function readSome<T>(
  count: number,
  readPage: (page: {
    readonly limit: number;
    readonly after: string | undefined;
  }) => Promise<{ readonly items: readonly T[]; readonly next?: string }>,
): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const page = await readPage({ limit: Math.min(MAX_PAGE, count - items.length), after });
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined && items.length < count);
  return items;
}
