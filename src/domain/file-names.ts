export type FileNameCheck = { readonly ok: true } | { readonly ok: false; readonly why: string };

const namePattern = /^([A-Z0-9_-]{1,8})(?:\.([A-Z0-9_-]{1,3}))?$/;

// DOS takes these names for devices whatever extension follows: a file of that name can be neither made nor removed.
const devicePattern = /^(?:CON|PRN|AUX|NUL|CLOCK\$|COM[1-9]|LPT[1-9])$/;

// The agent writes these into a bundle's folder itself.
const agentNames: ReadonlySet<string> = new Set(['BUNDLE.OK', 'BUNDLE.TMP', 'PLACE.TMP']);

/** The name rule of the spool (docs/agent-protocol.md, part 1). `why` is one sentence for a person. */
export function checkFileName(name: string): FileNameCheck {
  const match = namePattern.exec(name);
  if (match === null) return { ok: false, why: whyNotEightDotThree(name) };
  if (devicePattern.test(match[1] ?? '')) {
    return { ok: false, why: `${name} is the name of a DOS device, which no file can have.` };
  }
  return { ok: true };
}

/** The name rule for files of a bundle: as `checkFileName`, and not a name that the agent uses in the same folder. */
export function checkBundleFileName(name: string): FileNameCheck {
  if (agentNames.has(name))
    return { ok: false, why: `${name} is a name that the agent itself uses in this folder.` };
  return checkFileName(name);
}

function whyNotEightDotThree(name: string): string {
  const shown = showName(name);
  if (name === '') return 'The name is empty.';
  if (name !== name.toUpperCase())
    return `${shown} has lower-case letters; old systems keep names in upper case.`;
  if (/[^A-Z0-9_.-]/.test(name)) return `${shown} has a character other than A-Z, 0-9, _ and -.`;
  if (name.split('.').length > 2) return `${shown} has more than one dot.`;
  return `${shown} is not 1 to 8 characters, or those with a dot and 1 to 3 more.`;
}

/** Names come from anywhere; what is shown of one is short and printable. */
function showName(name: string): string {
  const printable = name.slice(0, 60).replace(/[^ -~]/g, '?');
  return name.length > 60 ? `${printable}…` : printable;
}

/** Names as a FAT file system compares them: case does not count, dots and spaces at the end fall away. */
function fatKey(name: string): string {
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end--;
  return name.slice(0, end).toUpperCase();
}

/** Groups of two or more names that would be one file on a FAT disk, in the order in which they came. */
export function fatClashes(names: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const group = groups.get(fatKey(name));
    if (group === undefined) groups.set(fatKey(name), [name]);
    else group.push(name);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/**
 * A name near the given one that `checkBundleFileName` accepts; such a name comes back unchanged. Not unique: look for
 * clashes afterwards. A number at the end, as in `stories260K.bin`, is kept, as it tells model files apart.
 */
export function toEightDotThree(name: string): string {
  if (checkBundleFileName(name).ok) return name;
  const file = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const dot = file.lastIndexOf('.');
  const base = shorten(legalCharacters(dot > 0 ? file.slice(0, dot) : file));
  const extension = dot > 0 ? legalCharacters(file.slice(dot + 1)).slice(0, 3) : '';
  const join = (stem: string): string => (extension === '' ? stem : `${stem}.${extension}`);
  return checkBundleFileName(join(base)).ok ? join(base) : join(`${base.slice(0, 7)}_`);
}

function legalCharacters(text: string): string {
  return text
    .slice(0, 255)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .replace(/[^A-Z0-9_-]+/g, '_')
    .replace(/^_+/, '');
}

function shorten(base: string): string {
  if (base === '') return 'FILE';
  if (base.length <= 8) return base;
  const tail = /[0-9]{1,4}[A-Z]?$/.exec(base)?.[0] ?? '';
  return base.slice(0, 8 - tail.length) + tail;
}
