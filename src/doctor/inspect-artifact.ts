import type { ArtifactKind, Facts } from '../domain/artifact.ts';
import { inspectArchive } from './archive.ts';
import { inspectGguf } from './checkpoint/gguf.ts';
import { inspectLlama2c, isWholeV0 } from './checkpoint/llama2c.ts';
import { inspectTokenizer, tokenizerMaxBytes } from './checkpoint/tokenizer.ts';
import { offsetOfNewHeader, sniffExecutable } from './executable/sniff.ts';
import { inspectText } from './text.ts';

/** How much of a file its inspection wants to have at hand. */
export const headBytes = 4096;

/** Bytes of the file from an offset on; fewer where it ends. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

export interface Inspection {
  readonly kind: ArtifactKind;
  /** `format` says more exactly what it is; `damaged: true` that bytes are missing or too many. */
  readonly facts: Facts;
}

/**
 * Says what a file is by its content. `head` is its first 4 KiB (all of a shorter file); `readAt` reads on where that is
 * not enough (tokenizers have no magic and are read whole, up to 4 MiB). Throws only what `readAt` throws.
 */
export async function inspectArtifact(
  head: Uint8Array,
  sizeBytes: number,
  readAt?: ReadAt,
): Promise<Inspection> {
  const start = head.subarray(0, headBytes);
  // A v0 checkpoint has no magic, so its numbers may look like one; but a size that fits to the byte is no accident.
  const whole = isWholeV0(start, sizeBytes) ? inspectLlama2c(start, sizeBytes) : undefined;
  const model = whole ?? inspectGguf(start);
  if (model !== undefined) return { kind: 'checkpoint', facts: model };
  // Texts may begin with any magic that is made of letters (MZ); programs and archives are never all text.
  const text = inspectText(start);
  if (text !== undefined) return text;
  const program = await inspectProgram(start, sizeBytes, readAt);
  if (program !== undefined) return { kind: 'executable', facts: program };
  const archive = inspectArchive(start);
  if (archive !== undefined) return { kind: 'archive', facts: archive };
  const tokenizer = await readTokenizer(head, sizeBytes, readAt);
  if (tokenizer !== undefined && tokenizer['damaged'] !== true)
    return { kind: 'tokenizer', facts: tokenizer };
  const checkpoint = inspectLlama2c(start, sizeBytes);
  if (checkpoint !== undefined) return { kind: 'checkpoint', facts: checkpoint };
  return tokenizer === undefined ? { kind: 'other', facts: {} } : { kind: 'tokenizer', facts: tokenizer };
}

async function inspectProgram(
  head: Uint8Array,
  sizeBytes: number,
  readAt: ReadAt | undefined,
): Promise<Facts | undefined> {
  const at = offsetOfNewHeader(head, sizeBytes);
  const newHeader = at === undefined ? undefined : await readAt?.(at, Math.min(headBytes, sizeBytes - at));
  const facts = sniffExecutable(head, newHeader);
  const needed = facts?.['sizeNeeded'];
  if (facts === undefined || typeof needed !== 'number' || needed <= sizeBytes) return facts;
  return { ...facts, sizeExpected: needed, damaged: true };
}

async function readTokenizer(
  head: Uint8Array,
  sizeBytes: number,
  readAt: ReadAt | undefined,
): Promise<Facts | undefined> {
  if (sizeBytes <= head.byteLength) return inspectTokenizer(head);
  if (sizeBytes > tokenizerMaxBytes || readAt === undefined) return undefined;
  return inspectTokenizer(await readAt(0, sizeBytes));
}
