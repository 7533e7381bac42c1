/** One answer of an FTP server. Refusals (4xx, 5xx) are answers too; only a broken connection is an exception. */
export interface FtpReply {
  readonly code: number;
  /** The whole answer with its code; the lines of a longer one are joined by LF. */
  readonly text: string;
}

export const isDone = (reply: FtpReply): boolean => reply.code >= 200 && reply.code < 300;

/** Neither done nor under way. A 3xx asks for more where nobody has more to give. */
export const isRefusal = (reply: FtpReply): boolean => reply.code >= 300;

/** The words of an answer without the codes at the start of its lines. */
export function wordsOf(reply: FtpReply): string {
  return reply.text
    .split('\n')
    .map((line) => line.replace(/^\d{3}[ -]?/, '').trim())
    .filter((line) => line !== '')
    .join('\n');
}
