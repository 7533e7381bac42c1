const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const IAC = 0xff;
const SB = 0xfa;
const SE = 0xf0;
const firstNegotiation = 0xfb;
const firstTelnetCommand = 0xf0;

/** A line's bytes without its end, or that it was longer than allowed and is lost. */
export type Line = Buffer | 'too-long';

/**
 * Bytes of a control connection, in any pieces, to lines. A line ends in CRLF, LF, CR or CR NUL; telnet commands are
 * taken out; empty lines are passed over. Pure: holds at most one line.
 */
export class LineReader {
  readonly #bytes: Buffer;
  #length = 0;
  #isTooLong = false;
  #afterCr = false;
  #telnet: 'text' | 'command' | 'option' | 'inside' | 'inside-command' = 'text';

  constructor(maxBytes: number) {
    this.#bytes = Buffer.alloc(maxBytes);
  }

  /** The lines that these bytes complete. */
  push(bytes: Uint8Array): Line[] {
    const lines: Line[] = [];
    for (const byte of bytes) {
      const line = this.#telnet === 'text' && byte !== IAC ? this.#text(byte) : this.#telnetByte(byte);
      if (line !== undefined) lines.push(line);
    }
    return lines;
  }

  #telnetByte(byte: number): Line | undefined {
    switch (this.#telnet) {
      case 'text':
        this.#telnet = 'command';
        return undefined;
      case 'command':
        return this.#command(byte);
      case 'option':
        this.#telnet = 'text';
        return undefined;
      case 'inside':
        if (byte === IAC) this.#telnet = 'inside-command';
        // A subnegotiation that never ends must not swallow the session.
        else if (byte === CR || byte === LF) return this.#backToText(byte);
        return undefined;
      case 'inside-command':
        this.#telnet = byte === SE ? 'text' : 'inside';
        return undefined;
      default:
        return this.#telnet satisfies never;
    }
  }

  #command(byte: number): Line | undefined {
    // Of `IAC DM` the kernel may take either byte away as urgent; what follows a lonely IAC is text.
    if (byte === IAC || byte < firstTelnetCommand) return this.#backToText(byte);
    this.#telnet = byte === SB ? 'inside' : byte >= firstNegotiation ? 'option' : 'text';
    return undefined;
  }

  #backToText(byte: number): Line | undefined {
    this.#telnet = 'text';
    return this.#text(byte);
  }

  #text(byte: number): Line | undefined {
    const isAfterCr = this.#afterCr;
    this.#afterCr = byte === CR;
    if (isAfterCr && (byte === LF || byte === NUL)) return undefined;
    if (byte === CR || byte === LF) return this.#end();
    if (this.#length < this.#bytes.length) {
      this.#bytes[this.#length] = byte;
      this.#length += 1;
    } else {
      this.#isTooLong = true;
    }
    return undefined;
  }

  #end(): Line | undefined {
    const line = this.#isTooLong ? 'too-long' : Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    this.#isTooLong = false;
    return line.length === 0 ? undefined : line;
  }
}
