import { resolvePath } from '../path.ts';
import { shownNames } from '../shown-names.ts';
import type { View, ViewPath } from '../view.ts';
import { ViewRefusal } from '../view.ts';
import type { Visit } from '../visit.ts';

/** An argument as text in the client's codepage. Refused when it is none: a name that cannot be read is not there. */
export function textOf(visit: Visit, argument: Buffer): string {
  const text = visit.page.decode(argument);
  if (text === undefined) throw new ViewRefusal('missing');
  return text;
}

/** For parameters, which are ASCII. */
export const wordsOf = (argument: Buffer): string => argument.toString('latin1').trim();

/** The path that an argument means, for something that should be there. */
export const pathOf = (visit: Visit, argument: Buffer): ViewPath => resolved(visit, argument, 'missing');

/** The path that an argument means, for something that is to be made. */
export const newPathOf = (visit: Visit, argument: Buffer): ViewPath => resolved(visit, argument, 'bad-name');

function resolved(visit: Visit, argument: Buffer, reason: 'missing' | 'bad-name'): ViewPath {
  // Careless clients leave a blank at the end, which no name has.
  const said = textOf(visit, argument).replace(/ +$/, '');
  const path = said === '' ? undefined : resolvePath(visit.state.folder, said);
  if (path === undefined) throw new ViewRefusal(reason);
  return path;
}

/** The view of a session that is logged in, as commands that are not open may take for granted. */
export function viewOf(visit: Visit): View {
  const { view } = visit.state;
  if (view === undefined) throw new Error('a command without a login reached the view');
  return view;
}

/** A path as the client may use it, in quotes. A quote in it is doubled. */
export async function quoted(visit: Visit, path: ViewPath): Promise<string> {
  const view = viewOf(visit);
  const told: string[] = [];
  for (const [index, name] of path.entries()) {
    const shown = await shownNames(view, path.slice(0, index), [name], visit.page);
    told.push(shown(name));
  }
  const text = `/${told.join('/')}`;
  const { echoChars } = visit.parts.limits;
  return `"${text.slice(0, echoChars).replaceAll('"', '""')}"`;
}
