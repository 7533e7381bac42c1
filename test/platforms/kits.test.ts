import { expect, test } from 'vitest';
import { kitsFor } from '../../src/platforms/kits.ts';

test.each([
  ['win9x', 'Pentium II (Deschutes)', ['win9x']],
  ['win9x', '', ['win9x']],
  ['winnt', 'i386', ['win9x']],
  ['msdos', '486', ['msdos']],
  ['linux', 'x86_64', ['linux-x86_64', 'linux-i386']],
  ['linux', 'i686', ['linux-i386']],
  ['linux', 'Pentium II (Deschutes)', ['linux-i386']],
  ['linux', 'Intel(R) Xeon(R) CPU', ['linux-i386']],
  ['linux', 'armv6l', ['linux-armel']],
  ['linux', 'ARMv6-compatible processor rev 7 (v6l)', ['linux-armel']],
  ['linux', 'aarch64', ['linux-armel']],
  ['linux', 'armv4l', []],
  ['linux', 'ppc', []],
  ['linux', '', []],
  ['unix', 'sun4m', []],
] as const)('%s on "%s" takes %j', (platform, processor, kits) => {
  expect(kitsFor(platform, processor)).toEqual(kits);
});
