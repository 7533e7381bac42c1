import type { Facts } from '../../domain/artifact.ts';
import { ByteView } from '../byte-view.ts';

/** Facts of a GGUF file (llama.cpp, bitnet.cpp), by its magic; undefined when it is none. */
export function inspectGguf(head: Uint8Array): Facts | undefined {
  const view = new ByteView(head);
  const version = view.u32(4);
  if (view.text(0, 4) !== 'GGUF' || version === undefined) return undefined;
  // Files of big-endian machines carry no mark; a version is small, so its low half is 0 only when it is swapped.
  if (version % 65_536 !== 0) return { format: 'gguf', version, byteOrder: 'little' };
  return { format: 'gguf', version: view.u32(4, false) ?? 0, byteOrder: 'big' };
}
