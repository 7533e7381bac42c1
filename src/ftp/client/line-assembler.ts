/** More than any honest line or multi-line answer has. */
export const maxReplyChars = 64 * 1024;

const IAC = 0xff;
const firstTelnetCommand = 0xf0;
const firstNegotiation = 0xfb;

/**
 * Bytes of a control connection (as a latin1 string, any cut) to whole lines. TCP cuts where it likes and basic-ftp takes
 * each piece for a whole line, so nothing may pass before its LF. Pure: the caller owns time and decides when to flush.
 */
export class LineAssembler {
  #tail = '';
  #telnet: 'text' | 'command' | 'option' = 'text';
  #overflowed = false;

  /** The lines that this piece completes, without line ends. After an overflow there are no more. */
  push(piece: string): { readonly lines: readonly string[]; readonly overflowed: boolean } {
    if (this.#overflowed) return { lines: [], overflowed: true };
    const parts = (this.#tail + this.#withoutTelnet(piece)).split('\n');
    this.#tail = parts.pop() ?? '';
    const tooLong = parts.findIndex((line) => line.length > maxReplyChars);
    this.#overflowed = tooLong >= 0 || this.#tail.length > maxReplyChars;
    const whole = tooLong >= 0 ? parts.slice(0, tooLong) : parts;
    return { lines: whole.map(withoutLineEnd), overflowed: this.#overflowed };
  }

  /** What waits for its LF. */
  get tail(): string {
    return this.#tail;
  }

  /** Gives the tail up as it is, for servers that end lines with CR alone or with nothing. */
  flush(): readonly string[] {
    const lines = this.#tail.split('\r').map(withoutLineEnd);
    this.#tail = '';
    return lines.filter((line) => line !== '');
  }

  #withoutTelnet(piece: string): string {
    if (this.#telnet === 'text' && !piece.includes('\xff')) return piece;
    let text = '';
    for (const char of piece) text += this.#step(char);
    return text;
  }

  /** One character through the telnet states; what is left of it as text. */
  #step(char: string): string {
    const byte = char.charCodeAt(0);
    if (this.#telnet === 'option') {
      this.#telnet = 'text';
      return '';
    }
    if (this.#telnet === 'command') {
      this.#telnet = byte >= firstNegotiation && byte < IAC ? 'option' : 'text';
      if (byte === IAC) return char;
      return byte >= firstTelnetCommand ? '' : `\xff${char}`;
    }
    if (byte !== IAC) return char;
    this.#telnet = 'command';
    return '';
  }
}

function withoutLineEnd(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === '\r' || line[end - 1] === '\0')) end -= 1;
  return line.slice(0, end);
}
