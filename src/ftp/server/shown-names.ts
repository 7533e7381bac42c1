import type { Codepage } from './codepage.ts';
import { isName } from './path.ts';
import { shortNames } from './short-names.ts';
import type { View, ViewPath } from './view.ts';

/** To telnet the start of a command. */
const IAC = 0xff;

/**
 * How the client is told each name of a folder. One that its codepage or its system cannot have is told by its 8.3 name,
 * which leads there as well.
 */
export async function shownNames(
  view: View,
  folder: ViewPath,
  names: readonly string[],
  page: Codepage,
): Promise<(name: string) => string> {
  const canShow = (name: string) => !view.showsShortNames && isPlain(name, page);
  if (names.every(canShow)) return (name) => name;
  // Short names depend on the neighbours, so the whole folder counts, whatever part of it is told.
  const short = shortNames([...new Set([...(await view.names(folder)), ...names])]);
  return (name) => (canShow(name) ? name : (short.get(name) ?? name));
}

function isPlain(name: string, page: Codepage): boolean {
  const bytes = page.encode(name);
  return bytes !== undefined && !bytes.includes(IAC) && isName(name);
}
