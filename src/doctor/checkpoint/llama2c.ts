import type { Facts } from '../../domain/artifact.ts';
import { ByteView } from '../byte-view.ts';

/** Numbers of a llama2.c header, whatever the version of the file. */
export interface Llama2cShape {
  readonly dim: number;
  readonly hiddenDim: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocabSize: number;
  readonly seqLen: number;
  readonly sharedClassifier: boolean;
}

const MAGIC = 0x616b3432;
const V0_HEADER_BYTES = 28;
const LATER_HEADER_BYTES = 256;

/**
 * A file of which one tenth arrived looks like many other things; within this factor the header is trusted and the
 * size is what is wrong.
 */
const SIZE_FACTOR = 4;

/**
 * Facts of a llama2.c checkpoint, or undefined when it is none. v0 has no magic number: it is known by a header that
 * makes sense and by the size that follows from it. A file of another size (within a factor of 4) that still has such a
 * header comes back with `damaged: true` and `sizeExpected`. Both byte orders are tried. v1 and v2 have a magic number.
 */
export function inspectLlama2c(head: Uint8Array, sizeBytes: number): Facts | undefined {
  const view = new ByteView(head);
  return inspectLater(view, sizeBytes) ?? inspectV0(view, sizeBytes);
}

/** Whether header and size fit each other to the byte: the strongest sign there is, stronger than most magics. */
export function isWholeV0(head: Uint8Array, sizeBytes: number): boolean {
  const facts = inspectV0(new ByteView(head), sizeBytes);
  return facts !== undefined && facts['damaged'] !== true;
}

function inspectV0(view: ByteView, sizeBytes: number): Facts | undefined {
  for (const littleEndian of [true, false]) {
    const shape = readShape(view, 0, littleEndian);
    if (shape === undefined || !isPlausible(shape)) continue;
    const expected = v0SizeBytes(shape);
    if (expected > sizeBytes * SIZE_FACTOR || expected < sizeBytes / SIZE_FACTOR) continue;
    const order = littleEndian ? 'little' : 'big';
    return {
      ...shapeFacts('llama2.c v0', shape, sizeBytes),
      byteOrder: order,
      ...damageFacts(expected, sizeBytes),
    };
  }
  return undefined;
}

function inspectLater(view: ByteView, sizeBytes: number): Facts | undefined {
  const littleEndian = view.u32(0, true) === MAGIC;
  if (!littleEndian && view.u32(0, false) !== MAGIC) return undefined;
  const version = view.i32(4, littleEndian) ?? 0;
  const known = { format: `llama2.c v${version}`, byteOrder: littleEndian ? 'little' : 'big' };
  const shape = readShape(view, 8, littleEndian);
  if (shape === undefined || !isPlausible(shape) || (version !== 1 && version !== 2)) return known;
  const full = { ...shape, sharedClassifier: view.u8(36) !== 0 };
  const facts = { ...shapeFacts(known.format, full, sizeBytes), ...known };
  if (version === 1) return { ...facts, ...damageFacts(v1SizeBytes(full), sizeBytes) };
  const groupSize = view.i32(37, littleEndian) ?? 0;
  if (groupSize < 1) return facts;
  return {
    ...facts,
    groupSize,
    // The C engine steps in whole groups along each row; a rest at the end of a row is lost and the text is nonsense.
    groupsFit: full.dim % groupSize === 0 && full.hiddenDim % groupSize === 0,
    ramBytes: ramBytes(full, sizeBytes) + 4 * full.vocabSize * full.dim,
    ...damageFacts(v2SizeBytes(full, groupSize), sizeBytes),
  };
}

function readShape(view: ByteView, at: number, littleEndian: boolean): Llama2cShape | undefined {
  const numbers: number[] = [];
  for (let i = 0; i < 7; i++) {
    const value = view.i32(at + 4 * i, littleEndian);
    if (value === undefined) return undefined;
    numbers.push(value);
  }
  const [dim = 0, hiddenDim = 0, layers = 0, heads = 0, kvHeads = 0, vocab = 0, seqLen = 0] = numbers;
  // In v0 the sign of the vocabulary says whether the classifier has weights of its own.
  return {
    dim,
    hiddenDim,
    layers,
    heads,
    kvHeads,
    vocabSize: Math.abs(vocab),
    seqLen,
    sharedClassifier: vocab > 0,
  };
}

const between = (value: number, from: number, to: number): boolean => value >= from && value <= to;

function isPlausible(shape: Llama2cShape): boolean {
  return (
    between(shape.dim, 2, 65_536) &&
    between(shape.hiddenDim, 1, 1_000_000) &&
    between(shape.layers, 1, 256) &&
    between(shape.heads, 1, shape.dim) &&
    between(shape.kvHeads, 1, shape.heads) &&
    between(shape.vocabSize, 2, 1_000_000) &&
    between(shape.seqLen, 1, 1_000_000) &&
    shape.dim % (2 * shape.heads) === 0 &&
    shape.heads % shape.kvHeads === 0
  );
}

const headSize = (shape: Llama2cShape): number => shape.dim / shape.heads;
const kvDim = (shape: Llama2cShape): number => headSize(shape) * shape.kvHeads;

/** Weights of the matrices: embedding, all layers, and the classifier where it has its own. */
function matrixWeights(shape: Llama2cShape): number {
  const { dim, hiddenDim, layers, vocabSize } = shape;
  const perLayer = 2 * dim * dim + 2 * dim * kvDim(shape) + 3 * dim * hiddenDim;
  return (shape.sharedClassifier ? 1 : 2) * vocabSize * dim + layers * perLayer;
}

const normWeights = (shape: Llama2cShape): number => (2 * shape.layers + 1) * shape.dim;

/** Bytes that a v0 file of this shape has. */
export function v0SizeBytes(shape: Llama2cShape): number {
  // The tables of rotations lie in the file too, though engines skip them.
  const tables = shape.seqLen * headSize(shape);
  return V0_HEADER_BYTES + 4 * (matrixWeights(shape) + normWeights(shape) + tables);
}

/** Bytes that a v1 file (32-bit floats) of this shape has. */
export function v1SizeBytes(shape: Llama2cShape): number {
  return LATER_HEADER_BYTES + 4 * (matrixWeights(shape) + normWeights(shape));
}

/** Bytes that a v2 file (8-bit weights, one float for each group) of this shape has. */
export function v2SizeBytes(shape: Llama2cShape, groupSize: number): number {
  const weights = matrixWeights(shape);
  return LATER_HEADER_BYTES + 4 * normWeights(shape) + weights + 4 * (weights / groupSize);
}

/** What an engine needs in memory: the file, the cache of keys and values, and its working arrays. */
function ramBytes(shape: Llama2cShape, sizeBytes: number): number {
  const { dim, hiddenDim, layers, heads, vocabSize, seqLen } = shape;
  const cache = 8 * layers * seqLen * kvDim(shape);
  const working = 4 * (4 * dim + 2 * hiddenDim + heads * seqLen + vocabSize) + 8 * vocabSize;
  return sizeBytes + cache + working;
}

function shapeFacts(
  format: string,
  shape: Llama2cShape,
  sizeBytes: number,
): Record<string, string | number | boolean> {
  return {
    format,
    ...shape,
    parameters: matrixWeights(shape) + normWeights(shape),
    ramBytes: ramBytes(shape, sizeBytes),
  };
}

function damageFacts(expected: number, sizeBytes: number): Facts {
  return expected === sizeBytes ? {} : { sizeExpected: expected, damaged: true };
}
