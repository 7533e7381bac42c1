import type { Facts } from '../../domain/artifact.ts';
import { ByteView } from '../byte-view.ts';

/** Larger files are not looked at: the 32,000 tokens of Llama 2 have 434 KB. */
export const tokenizerMaxBytes = 4 * 1024 * 1024;

const PIECE_BYTES_MAX = 1024;
const ENTRIES_MAX = 1_000_000;
// `<unk>`, BOS and EOS are in every vocabulary.
const ENTRIES_MIN = 3;
// So many entries in a row that make sense are no accident, even when the file then breaks off.
const ENTRIES_OF_A_CUT_FILE = 64;

/**
 * Facts of a llama2.c tokenizer.bin, or undefined when the bytes are none. The format has no magic and no count: it is
 * a list of pieces that ends exactly at the end of the file. A list that breaks off within an entry comes back with
 * `damaged: true`. Both byte orders are tried.
 */
export function inspectTokenizer(bytes: Uint8Array): Facts | undefined {
  if (bytes.byteLength > tokenizerMaxBytes) return undefined;
  const view = new ByteView(bytes);
  return readPieces(view, true) ?? readPieces(view, false);
}

function readPieces(view: ByteView, littleEndian: boolean): Facts | undefined {
  const longest = view.i32(0, littleEndian);
  if (longest === undefined || longest < 1 || longest > PIECE_BYTES_MAX) return undefined;
  let at = 4;
  let entries = 0;
  let pieceBytes = 0;
  while (at < view.length && entries < ENTRIES_MAX) {
    const score = view.f32(at, littleEndian);
    const length = view.i32(at + 4, littleEndian);
    if (length === undefined) break;
    if (!Number.isFinite(score) || length < 0 || length > longest) return undefined;
    if (at + 8 + length > view.length) break;
    at += 8 + length;
    entries++;
    pieceBytes += length;
  }
  const whole = at === view.length;
  if (entries < (whole ? ENTRIES_MIN : ENTRIES_OF_A_CUT_FILE) || pieceBytes === 0) return undefined;
  return {
    format: 'llama2.c tokenizer',
    byteOrder: littleEndian ? 'little' : 'big',
    vocabSize: entries,
    maxTokenLength: longest,
    ...(whole ? {} : { damaged: true }),
  };
}
