import { expect, test } from 'vitest';
import { commandLineFacts } from '../../src/platforms/command-line.ts';
import { platforms } from '../../src/platforms/index.ts';

test.each([
  ['linux', undefined, false, 100_000, '', 'separate'],
  ['unix', 'elf', false, 20_000, '', 'separate'],
  ['win9x', 'pe', false, 32_000, '', 'quoted-line'],
  ['win9x', undefined, false, 32_000, '', 'quoted-line'],
  ['win9x', 'mz', false, 127, '\r\n', 'quoted-line'],
  ['winnt', 'ne', false, 127, '\r\n', 'quoted-line'],
  ['win9x', undefined, true, 127, '"&^%<>|\r\n', 'quoted-line'],
  ['winnt', undefined, true, 2_047, '"&^%<>|\r\n', 'quoted-line'],
  ['msdos', 'mz', false, 127, '\r\n', 'quoted-line'],
  ['msdos', undefined, true, 127, '"&^%<>|\r\n', 'quoted-line'],
] as const)('%s, format %s, batch %s', (id, format, isBatch, maxChars, refused, passing) => {
  const facts = commandLineFacts(platforms[id], { isBatch, ...(format && { format }) });
  expect(facts).toEqual({ maxChars, refused, passing });
});
