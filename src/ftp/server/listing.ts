import { encodeShown } from './codepage.ts';
import type { Codepage } from './codepage.ts';
import { globMatcher, isPattern } from './glob.ts';
import { findFolder, findPlace } from './lookup.ts';
import { resolvePath } from './path.ts';
import { shortNames } from './short-names.ts';
import { shownNames } from './shown-names.ts';
import type { Entry, View, ViewPath } from './view.ts';
import { ViewRefusal } from './view.ts';

/** What a listing tells: the entries, how each is called, and what of the client's own words stands before a name. */
export interface Selection {
  readonly entries: readonly Entry[];
  readonly prefix: string;
  readonly shown: (name: string) => string;
}

interface Wanted {
  readonly folder: ViewPath;
  readonly entries: readonly Entry[];
  readonly prefix: string;
}

/** Clients for Unix send what they would give to `ls`. */
const withoutOptions = (argument: string): string =>
  argument.replace(/^\s*(-[A-Za-z0-9]+(\s+|$))*/, '').trimEnd();

/** What `argument` of LIST, NLST or STAT selects. Refused as `missing` unless it is a pattern. */
export async function select(
  view: View,
  folder: ViewPath,
  argument: string,
  page: Codepage,
): Promise<Selection> {
  const said = withoutOptions(argument).replaceAll('\\', '/');
  const cut = said.lastIndexOf('/') + 1;
  const wanted = isPattern(said.slice(cut))
    ? await byPattern(view, folder, said.slice(0, cut), said.slice(cut))
    : await byPath(view, folder, said, said.slice(0, cut));
  const names = wanted.entries.map((entry) => entry.name);
  const shown = await shownNames(view, wanted.folder, names, page);
  return { entries: wanted.entries, prefix: wanted.prefix, shown };
}

async function byPattern(view: View, folder: ViewPath, before: string, pattern: string): Promise<Wanted> {
  const found = await findFolder(view, resolved(folder, before));
  const matches = globMatcher(pattern);
  const all = await view.list(found);
  const short = pattern.includes('~') ? shortNames(all.map((entry) => entry.name)) : undefined;
  const entries = all.filter(({ name }) => matches(name) || matches(short?.get(name) ?? name));
  return { folder: found, entries, prefix: before };
}

async function byPath(view: View, folder: ViewPath, said: string, before: string): Promise<Wanted> {
  const place = await findPlace(view, resolved(folder, said));
  if (place.entry === undefined) throw new ViewRefusal('missing');
  if (place.entry.kind === 'file') return { folder: place.folder, entries: [place.entry], prefix: before };
  const inside = place.name === '' ? place.folder : [...place.folder, place.name];
  const prefix = said === '' || said.endsWith('/') ? said : `${said}/`;
  return { folder: inside, entries: await view.list(inside), prefix };
}

function resolved(folder: ViewPath, said: string): ViewPath {
  const path = resolvePath(folder, said);
  if (path === undefined) throw new ViewRefusal('missing');
  return path;
}

/** NLST: names that can be asked for as they are. With a pattern files only, since mget fetches each. */
export function* nameLines({ entries, prefix, shown }: Selection, filesOnly: boolean): Generator<string> {
  for (const { name, kind } of entries) if (!filesOnly || kind === 'file') yield `${prefix}${shown(name)}`;
}

/** LIST: as `ls -l` has it, in UTC. */
export function* detailLines(selection: Selection, nowMs: number): Generator<string> {
  for (const { name, kind, size, modifiedMs } of selection.entries) {
    const facts = `${kind === 'folder' ? 'd' : '-'}rwxrwxrwx 1 ftp ftp ${String(size).padStart(13)}`;
    yield `${facts} ${listedTime(modifiedMs, nowMs)} ${selection.shown(name)}`;
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const dayMs = 86_400_000;

/** The time of day for half a year, then the year: clients guess the other from it. */
function listedTime(modifiedMs: number, nowMs: number): string {
  const date = new Date(modifiedMs);
  const day = `${months[date.getUTCMonth()] ?? 'Jan'} ${String(date.getUTCDate()).padStart(2)}`;
  const age = nowMs - modifiedMs;
  if (age > 180 * dayMs || age < -dayMs) return `${day}  ${String(date.getUTCFullYear()).padStart(4, '0')}`;
  return `${day} ${date.toISOString().slice(11, 16)}`;
}

/** MDTM's answer. */
export const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '');

const batchLines = 500;

/** Lines as bytes, some hundred at a time. */
export async function* listingBytes(lines: Iterable<string>, page: Codepage): AsyncGenerator<Uint8Array> {
  let batch: string[] = [];
  for (const line of lines) {
    batch.push(`${line}\r\n`);
    if (batch.length === batchLines) {
      yield encodeShown(page, batch.join(''));
      batch = [];
    }
  }
  if (batch.length > 0) yield encodeShown(page, batch.join(''));
}
