import { encodeShown } from './codepage.ts';
import type { Codepage } from './codepage.ts';
import { replyLines } from './reply.ts';
import type { Reply } from './reply.ts';

const IAC = 0xff;

/** A reply as bytes: control signs and what the codepage lacks come out as `?`, and telnet's IAC is doubled. */
export function replyBytes(reply: Reply, page: Codepage): Buffer {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  const lines = replyLines(reply).map((line) => `${line.replaceAll(/[\0-\x1f\x7f]/g, '?')}\r\n`);
  const bytes = encodeShown(page, lines.join(''));
  return bytes.includes(IAC)
    ? Buffer.from([...bytes].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte])))
    : bytes;
}
