/** Machine numbers of PE headers. */
const peMachines: Readonly<Record<number, string>> = {
  0x014c: 'i386',
  0x014d: 'i486',
  0x014e: 'i586',
  0x0162: 'mips',
  0x0166: 'mips',
  0x0168: 'mips',
  0x0169: 'mips',
  0x0184: 'alpha',
  0x01a2: 'sh',
  0x01c0: 'arm',
  0x01c2: 'arm',
  0x01c4: 'arm',
  0x01f0: 'powerpc',
  0x0200: 'ia64',
  0x0268: 'm68k',
  0x8664: 'x86-64',
  0xaa64: 'arm64',
};

/** Machine numbers of ELF headers. */
const elfMachines: Readonly<Record<number, string>> = {
  2: 'sparc',
  3: 'i386',
  4: 'm68k',
  6: 'i486',
  8: 'mips',
  15: 'parisc',
  18: 'sparc',
  20: 'powerpc',
  21: 'powerpc64',
  22: 's390',
  40: 'arm',
  42: 'sh',
  43: 'sparc64',
  50: 'ia64',
  62: 'x86-64',
  75: 'vax',
  183: 'arm64',
  243: 'riscv',
  0x9026: 'alpha',
};

/** Processor numbers of Mach-O headers. */
const machoMachines: Readonly<Record<number, string>> = {
  6: 'm68k',
  7: 'i386',
  12: 'arm',
  18: 'powerpc',
  0x01000007: 'x86-64',
  0x0100000c: 'arm64',
  0x01000012: 'powerpc64',
};

const aoutMachines: Readonly<Record<number, string>> = { 1: 'm68k', 2: 'm68k', 3: 'sparc', 100: 'i386' };

const named = (table: Readonly<Record<number, string>>, id: number | undefined): string =>
  (id === undefined ? undefined : table[id]) ?? 'unknown';

export const peMachine = (id: number | undefined): string => named(peMachines, id);
export const elfMachine = (id: number | undefined): string => named(elfMachines, id);
export const machoMachine = (id: number | undefined): string => named(machoMachines, id);
export const aoutMachine = (id: number | undefined): string => named(aoutMachines, id);
