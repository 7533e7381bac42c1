import { createHash } from 'node:crypto';
import { isName } from './path.ts';

const eightDotThree = /^[\w!#$%&'()@^`{}~-]{1,8}(\.[\w!#$%&'()@^`{}~-]{1,3})?$/;

/** Whether DOS can have a file of this name. */
export const isShortName = (name: string): boolean => eightDotThree.test(name) && isName(name);

/**
 * An 8.3 name, in capitals, for each name of a folder; no two are the same. What fits keeps its own; the others get one
 * made from a hash of the whole name and not a number, so that it stays the same when neighbours come and go.
 */
export function shortNames(names: readonly string[]): ReadonlyMap<string, string> {
  const short = new Map<string, string>();
  const taken = new Set<string>();
  const long: string[] = [];
  for (const name of names.toSorted()) {
    const own = name.toUpperCase();
    if (isShortName(name) && !taken.has(own)) {
      short.set(name, own);
      taken.add(own);
    } else {
      long.push(name);
    }
  }
  for (const name of long) {
    for (let attempt = 0; !short.has(name); attempt += 1) {
      const made = shorten(name, attempt);
      if (taken.has(made)) continue;
      short.set(name, made);
      taken.add(made);
    }
  }
  return short;
}

function shorten(name: string, attempt: number): string {
  const dot = name.lastIndexOf('.');
  const [base, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot + 1)] : [name, ''];
  const sum = createHash('sha256').update(`${attempt}:${name}`).digest().readUInt32BE(0);
  const tail = (sum % 36 ** 4).toString(36).toUpperCase().padStart(4, '0');
  const head = plain(base).slice(0, 3) || 'X';
  const end = plain(ending).slice(0, 3);
  return `${head}~${tail}${end === '' ? '' : `.${end}`}`;
}

/** Letters without their accents, and what else of a name any codepage has. */
const plain = (text: string): string =>
  text
    .normalize('NFD')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9_-]/g, '');
