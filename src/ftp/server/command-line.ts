export interface CommandLine {
  /** Upper case. */
  readonly verb: string;
  /** What follows the first blank, byte for byte. */
  readonly argument: Buffer;
}

const BLANK = 0x20;
const firstHighByte = 0x80;

/** A line's verb and argument; undefined when it does not begin as a command does. */
export function parseCommandLine(line: Buffer): CommandLine | undefined {
  // A telnet Synch leaves a lonely DM (0xF2) before ABOR when its IAC was sent as the urgent byte.
  const start = line.findIndex((byte) => byte < firstHighByte && byte !== BLANK);
  if (start < 0) return undefined;
  const blank = line.indexOf(BLANK, start);
  const end = blank < 0 ? line.length : blank;
  const verb = line.toString('latin1', start, end).toUpperCase();
  if (!/^[A-Z][A-Z@]{2,7}$/.test(verb)) return undefined;
  return { verb, argument: line.subarray(Math.min(end + 1, line.length)) };
}
