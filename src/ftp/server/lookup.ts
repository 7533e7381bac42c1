import { nameKey } from './glob.ts';
import { shortNames } from './short-names.ts';
import type { Entry, View, ViewPath } from './view.ts';
import { ViewRefusal } from './view.ts';

/** Where a path leads. `name` is spelled as it is there, or as the client said when it is not. */
export interface Place {
  readonly folder: ViewPath;
  readonly name: string;
  readonly entry: Entry | undefined;
}

const root: Entry = { name: '', kind: 'folder', size: 0, modifiedMs: 0 };

export const placePath = ({ folder, name }: Place): ViewPath => (name === '' ? folder : [...folder, name]);

/** Follows a path in any case, or in 8.3 names, to what the view has. Refused as `missing` when a folder on the way is not there. */
export async function findPlace(view: View, path: ViewPath): Promise<Place> {
  const last = path.at(-1);
  if (last === undefined) return { folder: [], name: '', entry: root };
  const folder = await findFolder(view, path.slice(0, -1));
  const entry = await findEntry(view, folder, last);
  return { folder, name: entry?.name ?? last, entry };
}

/** The folder, spelled as it is there. Refused as `missing` or `not-a-folder`. */
export async function findFolder(view: View, path: ViewPath): Promise<ViewPath> {
  const found: string[] = [];
  for (const part of path) {
    const entry = await findEntry(view, found, part);
    if (entry === undefined) throw new ViewRefusal('missing');
    if (entry.kind !== 'folder') throw new ViewRefusal('not-a-folder');
    found.push(entry.name);
  }
  return found;
}

/** Exact spelling first: a host may have two names that differ in case only. */
async function findEntry(view: View, folder: ViewPath, said: string): Promise<Entry | undefined> {
  const exact = await view.stat([...folder, said]);
  if (exact !== undefined) return exact;
  const name = matchName(await view.names(folder), said);
  return name === undefined ? undefined : view.stat([...folder, name]);
}

export function matchName(names: readonly string[], said: string): string | undefined {
  const key = nameKey(said);
  const same = names.filter((name) => nameKey(name) === key).toSorted();
  if (same[0] !== undefined) return same[0];
  // Every short name that is not also the long one has it.
  if (!said.includes('~')) return undefined;
  const wanted = said.toUpperCase();
  for (const [name, short] of shortNames(names)) if (short === wanted) return name;
  return undefined;
}
