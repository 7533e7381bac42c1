import { isWellFormed } from './well-formed.ts';
import type { ViewPath } from './view.ts';

/** Deeper than any honest folder; DOS ends at 63 characters. */
const maxDepth = 32;
/** What the file systems of hosts allow for one name. */
const maxNameBytes = 255;

/** Names that open a device on the machine, or on a host with Windows, whatever follows the dot. */
const device = /^(con|prn|aux|nul|clock\$|conin\$|conout\$|config\$|com[1-9¹²³]|lpt[1-9¹²³])[ ]*(\.|$)/i;

/** Whether any view may have a thing of this name. Control bytes, device names, and what paths and patterns are made of. */
export function isName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  if (name === '' || /[\0-\x1f\x7f"*/:<>?\\|]/.test(name)) return false;
  // Windows drops blanks and dots at the end; to Windows 9x three dots are the folder above the one above.
  if (/[. ]$/.test(name) || device.test(name)) return false;
  return isWellFormed(name) && Buffer.byteLength(name) <= maxNameBytes;
}

/**
 * The names from the root down that a client means, seen from its folder. `\` is `/`, nothing leads above the root, and
 * `~`, `%` and drive letters mean nothing. Undefined when no view can have such a path.
 */
export function resolvePath(folder: ViewPath, said: string): ViewPath | undefined {
  const names = /^[/\\]/.test(said) ? [] : [...folder];
  for (const part of said.split(/[/\\]/)) {
    if (part === '..') {
      names.pop();
    } else if (part !== '' && part !== '.') {
      if (!isName(part)) return undefined;
      names.push(part);
    }
  }
  return names.length > maxDepth ? undefined : names;
}
