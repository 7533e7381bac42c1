/** Bytes to send. A piece may be overwritten as soon as the one after the next is asked for. */
export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
