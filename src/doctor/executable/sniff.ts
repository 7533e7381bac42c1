import type { Facts } from '../../domain/artifact.ts';
import { ByteView } from '../byte-view.ts';
import { sniffElf, sniffMacho, sniffOlder } from './unix.ts';
import { newHeaderOffset, sniffMz } from './windows.ts';

/**
 * Facts of a program by its first bytes (4 KiB are enough), never by its name; undefined when it is none. `format` is
 * one of `mz ne le lx pe elf macho java pef hunk gemdos xcoff minix aout`; `machine` is the processor, or for `ne` the
 * system it was made for; `sizeNeeded` is the least size of a whole file where the headers tell. Never throws.
 * `newHeader`: the bytes at `offsetOfNewHeader`, where those are not in `head`.
 */
export function sniffExecutable(head: Uint8Array, newHeader?: Uint8Array): Facts | undefined {
  const view = new ByteView(head);
  return (
    sniffMz(view, newHeader === undefined ? undefined : new ByteView(newHeader)) ??
    sniffElf(view) ??
    sniffMacho(view) ??
    sniffOlder(view)
  );
}

/** Where a second header has to be read before an MZ file is understood; undefined when `head` has all that is needed. */
export function offsetOfNewHeader(head: Uint8Array, sizeBytes: number): number | undefined {
  const at = newHeaderOffset(new ByteView(head));
  return at !== undefined && at + 64 > head.byteLength && at + 64 <= sizeBytes ? at : undefined;
}
