/** The text of events, put together as they come: UTF-8 decoded across their borders, U+FFFD for what is not UTF-8. */
export class TextBuilder {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #text = '';
  #room: number;
  #isCut = false;

  /** Of more than `maxBytes` the rest is left out. */
  constructor(maxBytes: number) {
    this.#room = maxBytes;
  }

  add(bytes: Uint8Array): void {
    this.#isCut ||= bytes.length > this.#room;
    const taken = bytes.subarray(0, this.#room);
    this.#room -= taken.length;
    this.#text += this.#decoder.decode(taken, { stream: true });
  }

  /** Call it once. A character that the cut went through is left out too. */
  finish(): { readonly text: string; readonly isCut: boolean } {
    const rest = this.#isCut ? '' : this.#decoder.decode();
    return { text: this.#text + rest, isCut: this.#isCut };
  }
}
