import type { Facts } from '../../domain/artifact.ts';
import type { ByteView } from '../byte-view.ts';
import { aoutMachine, elfMachine, machoMachine } from './machine-names.ts';

/** Facts of an ELF file, or undefined when it is none. */
export function sniffElf(view: ByteView): Facts | undefined {
  if (view.text(0, 4) !== '\x7fELF') return undefined;
  const types: Readonly<Record<number, string>> = { 1: 'object', 2: 'program', 3: 'shared', 4: 'core' };
  const bits = view.u8(4) === 2 ? 64 : 32;
  const little = view.u8(5) !== 2;
  const needed = elfSizeNeeded(view, bits, little);
  return {
    format: 'elf',
    bits,
    byteOrder: little ? 'little' : 'big',
    machine: elfMachine(view.u16(18, little)),
    type: types[view.u16(16, little) ?? 0] ?? 'unknown',
    ...(needed > 0 ? { sizeNeeded: needed } : {}),
  };
}

/** Where the last loaded segment ends in the file: the kernel maps nothing beyond. */
function elfSizeNeeded(view: ByteView, bits: 32 | 64, little: boolean): number {
  const wide = bits === 64;
  const table = (wide ? view.u64(32, little) : view.u32(28, little)) ?? 0;
  const entryBytes = view.u16(wide ? 54 : 42, little) ?? 0;
  const entries = Math.min(view.u16(wide ? 56 : 44, little) ?? 0, 64);
  let end = 0;
  for (let i = 0; i < entries; i++) {
    const at = table + i * entryBytes;
    if (view.u32(at, little) !== 1) continue;
    const from = (wide ? view.u64(at + 8, little) : view.u32(at + 4, little)) ?? 0;
    const bytes = (wide ? view.u64(at + 32, little) : view.u32(at + 16, little)) ?? 0;
    end = Math.max(end, from + bytes);
  }
  return Number.isSafeInteger(end) ? end : 0;
}

/** Facts of a Mach-O program or a Java class, whose magics overlap, or undefined when it is neither. */
export function sniffMacho(view: ByteView): Facts | undefined {
  const magic = view.u32(0, false);
  if (magic === 0xcafebabe) {
    const second = view.u32(4, false);
    if (second === undefined) return undefined;
    // A fat file says how many processors it is for; a class file has its version here, 45 and more.
    if (second < 20) return { format: 'macho', machine: 'fat', architectures: second };
    return { format: 'java', machine: 'unknown', classVersion: view.u16(6, false) ?? 0 };
  }
  const kinds: Readonly<Record<number, readonly [bits: number, little: boolean]>> = {
    0xfeedface: [32, false],
    0xfeedfacf: [64, false],
    0xcefaedfe: [32, true],
    0xcffaedfe: [64, true],
  };
  const kind = magic === undefined ? undefined : kinds[magic];
  if (kind === undefined) return undefined;
  const [bits, little] = kind;
  return {
    format: 'macho',
    bits,
    byteOrder: little ? 'little' : 'big',
    machine: machoMachine(view.u32(4, little)),
  };
}

const AOUT_MAGICS: ReadonlySet<number> = new Set([0x0107, 0x0108, 0x010b, 0x00cc]);

/** Facts of the older formats of Unix, home computers and classic Macs, or undefined when it is none. */
export function sniffOlder(view: ByteView): Facts | undefined {
  if (view.length < 32) return undefined;
  if (view.text(0, 8) === 'Joy!peff') {
    return { format: 'pef', machine: view.text(8, 4) === 'pwpc' ? 'powerpc' : 'm68k' };
  }
  if (view.u32(0, false) === 0x000003f3) return { format: 'hunk', machine: 'm68k' };
  if (view.u16(0, false) === 0x601a) return { format: 'gemdos', machine: 'm68k' };
  const xcoff = view.u16(0, false);
  if (xcoff === 0x01df || xcoff === 0x01f7) {
    return { format: 'xcoff', bits: xcoff === 0x01df ? 32 : 64, machine: 'powerpc' };
  }
  if (view.u16(0) === 0x0301 && view.u8(4) === 0x20) return { format: 'minix', machine: 'i386' };
  return sniffAout(view);
}

/** a.out has two bytes of magic only, so the machine must be a known one too. */
function sniffAout(view: ByteView): Facts | undefined {
  for (const little of [true, false]) {
    const word = view.u32(0, little) ?? 0;
    const machine = aoutMachine((word >>> 16) & 0xff);
    if (AOUT_MAGICS.has(word & 0xffff) && word >>> 24 === 0 && machine !== 'unknown') {
      return { format: 'aout', bits: 32, byteOrder: little ? 'little' : 'big', machine };
    }
  }
  return undefined;
}
