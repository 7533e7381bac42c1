import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';

/** Makefiles of compilers that are not here cannot be tried, but what they build can be compared with the others'. */

const project = join(import.meta.dirname, '../..');
const agent = join(project, 'src/agent');

/** The names, without folder and ending, that a makefile's variable lists. */
function listed(makefile: string, variable: string): readonly string[] {
  const text = readFileSync(join(agent, 'make', makefile), 'utf8').replace(/[\\&]\r?\n/g, ' ');
  const value = new RegExp(String.raw`^${variable} = (.*)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`${makefile} has no ${variable}`);
  const names = value.trim().split(/\s+/);
  return names.map((name) => basename(name.replaceAll('\\', '/')).replace(/\.\w+$/, '')).toSorted();
}

const without = (names: readonly string[], other: string): readonly string[] =>
  names.filter((name) => name !== other);

test.each([
  ['watcom.mak', 'PORTABLE', listed('portable.mak', 'PORTABLE')],
  ['borland.mak', 'PORTABLE', listed('portable.mak', 'PORTABLE')],
  // What these two have of w32ask is NASM's.
  ['watcom.mak', 'WIN9X', without(listed('mingw.mak', 'SYSTEM'), 'w32ask')],
  ['borland.mak', 'WIN9X', without(listed('mingw.mak', 'SYSTEM'), 'w32ask')],
  ['watcom.mak', 'MSDOS', listed('bcc.mak', 'SYSTEM')],
  ['watcom.mak', 'FTPD98', listed('ftpd98.mak', 'OBJECTS')],
])('%s: %s is what the other makefiles have', (makefile, variable, wanted) => {
  expect(listed(makefile, variable)).toEqual(wanted);
});

test.each(['watcom.mak', 'borland.mak'])('%s: each file of the assembler is there', (makefile) => {
  const text = readFileSync(join(agent, 'make', makefile), 'utf8');
  const files = [...text.matchAll(/(\w+\.asm)/g)].map((match) => match[1] ?? '');
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((file) => !existsSync(join(agent, file)))).toEqual([]);
});
