const CONTROL_PICTURES = 0x2400;
const DELETE = 0x7f;
const DELETE_PICTURE = 0x2421;

// C0 and DEL; C1; what hides, or turns the direction of what follows it.
const unsafe =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(CONTROL_PICTURES + code);
  if (code === DELETE) return String.fromCharCode(DELETE_PICTURE);
  return code < 0x100 ? `\\x${code.toString(16)}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Text of a machine on one line, harmless on a terminal: control bytes as symbols, line ends too. */
export const visibleLine = (text: string): string => text.replaceAll(unsafe, picture);

/** The same, but line ends stay; CR LF counts as one. */
export const visible = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replaceAll(unsafe, (character) => (character === '\n' ? '\n' : picture(character)));

/** `visible` for text that comes in pieces: a CR at the end of one waits for what the next begins with. */
export class VisibleStream {
  #held = '';

  push(piece: string): string {
    const text = this.#held + piece;
    this.#held = text.endsWith('\r') ? '\r' : '';
    return visible(this.#held ? text.slice(0, -1) : text);
  }

  end(): string {
    const rest = visible(this.#held);
    this.#held = '';
    return rest;
  }
}
