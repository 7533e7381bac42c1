/** Bytes read as numbers at any offset; every read past the end gives undefined, none throws. */
export class ByteView {
  readonly length: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.length = bytes.byteLength;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(at: number): number | undefined {
    return this.#holds(at, 1) ? this.#view.getUint8(at) : undefined;
  }

  u16(at: number, littleEndian = true): number | undefined {
    return this.#holds(at, 2) ? this.#view.getUint16(at, littleEndian) : undefined;
  }

  u32(at: number, littleEndian = true): number | undefined {
    return this.#holds(at, 4) ? this.#view.getUint32(at, littleEndian) : undefined;
  }

  i32(at: number, littleEndian = true): number | undefined {
    return this.#holds(at, 4) ? this.#view.getInt32(at, littleEndian) : undefined;
  }

  f32(at: number, littleEndian = true): number | undefined {
    return this.#holds(at, 4) ? this.#view.getFloat32(at, littleEndian) : undefined;
  }

  /** 64 bits as a number; not exact above 2^53, which no size in a real file reaches. */
  u64(at: number, littleEndian = true): number | undefined {
    return this.#holds(at, 8) ? Number(this.#view.getBigUint64(at, littleEndian)) : undefined;
  }

  /** Bytes as latin1 text; shorter where the bytes end. */
  text(at: number, length: number): string {
    let text = '';
    for (let i = at; i < at + length && i < this.length; i++) text += String.fromCharCode(this.u8(i) ?? 0);
    return text;
  }

  #holds(at: number, count: number): boolean {
    return at >= 0 && at + count <= this.length;
  }
}
