import type { Facts } from '../../domain/artifact.ts';
import type { ByteView } from '../byte-view.ts';
import { peMachine } from './machine-names.ts';

/** Where the newer header of an MZ file begins, if it has one; it may lie beyond the bytes at hand. */
export function newHeaderOffset(view: ByteView): number | undefined {
  const signature = view.text(0, 2);
  if (signature !== 'MZ' && signature !== 'ZM') return undefined;
  const at = view.u32(0x3c);
  return at === undefined || at < 4 ? undefined : at;
}

/** Facts of a DOS, Windows or OS/2 program (MZ with NE, LE, LX or PE behind it), or undefined when it is none. */
export function sniffMz(view: ByteView, newHeader: ByteView | undefined): Facts | undefined {
  const signature = view.text(0, 2);
  if (view.length < 28 || (signature !== 'MZ' && signature !== 'ZM')) return undefined;
  const newAt = newHeaderOffset(view) ?? 0;
  // Some DOS programs have anything at all in this field, so only a signature there counts.
  const header = newHeader ?? view;
  const base = newHeader === undefined ? newAt : 0;
  const tag = newAt === 0 ? '' : header.text(base, 4);
  if (tag === 'PE\0\0') return peFacts(header, base);
  if (tag.startsWith('NE')) return neFacts(header, base);
  if (tag.startsWith('LE') || tag.startsWith('LX')) {
    const cpus: Readonly<Record<number, string>> = { 1: 'i286', 2: 'i386', 3: 'i486' };
    return {
      format: tag.slice(0, 2).toLowerCase(),
      bits: 32,
      machine: cpus[header.u16(base + 8) ?? 0] ?? 'unknown',
    };
  }
  return dosFacts(view);
}

function dosFacts(view: ByteView): Facts {
  const lastPage = view.u16(2) ?? 0;
  const pages = view.u16(4) ?? 0;
  const imageEnd = pages * 512 - (lastPage > 0 && lastPage < 512 ? 512 - lastPage : 0);
  return {
    format: 'mz',
    bits: 16,
    machine: 'i8086',
    ...(imageEnd > 0 ? { sizeNeeded: imageEnd } : {}),
    // DJGPP programs are 32-bit and want a DPMI host such as CWSDPMI.EXE.
    ...(view.text(512, 8) === 'go32stub' ? { needsDpmi: true } : {}),
  };
}

function neFacts(view: ByteView, at: number): Facts {
  const systems: Readonly<Record<number, string>> = { 1: 'os2', 2: 'windows', 3: 'dos', 4: 'windows-386' };
  const flags = view.u16(at + 0x0c) ?? 0;
  const version = `${view.u8(at + 0x3f) ?? 0}.${view.u8(at + 0x3e) ?? 0}`;
  return {
    format: 'ne',
    bits: 16,
    machine: systems[(view.u8(at + 0x36) ?? 0) & 0x7f] ?? 'unknown',
    windowsVersion: version,
    library: (flags & 0x8000) !== 0,
  };
}

function peFacts(view: ByteView, at: number): Facts {
  const subsystems: Readonly<Record<number, string>> = {
    1: 'native',
    2: 'gui',
    3: 'console',
    5: 'os2',
    7: 'posix',
    9: 'wince',
    10: 'efi',
    11: 'efi',
    12: 'efi',
    13: 'efi',
  };
  const optional = at + 24;
  const characteristics = view.u16(at + 22) ?? 0;
  const needed = peSizeNeeded(view, at);
  return {
    format: 'pe',
    bits: view.u16(optional) === 0x20b ? 64 : 32,
    machine: peMachine(view.u16(at + 4)),
    subsystem: subsystems[view.u16(optional + 68) ?? 0] ?? 'unknown',
    subsystemVersion: `${view.u16(optional + 48) ?? 0}.${view.u16(optional + 50) ?? 0}`,
    library: (characteristics & 0x2000) !== 0,
    ...(needed > 0 ? { sizeNeeded: needed } : {}),
  };
}

/** Where the last section ends in the file; only sections whose header is at hand count. */
function peSizeNeeded(view: ByteView, at: number): number {
  const sections = Math.min(view.u16(at + 6) ?? 0, 96);
  const table = at + 24 + (view.u16(at + 20) ?? 0);
  let end = 0;
  for (let i = 0; i < sections; i++) {
    const bytes = view.u32(table + 40 * i + 16) ?? 0;
    const from = view.u32(table + 40 * i + 20) ?? 0;
    if (bytes > 0 && from > 0) end = Math.max(end, from + bytes);
  }
  return end;
}
