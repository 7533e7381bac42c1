import { reply } from './reply.ts';
import type { Reply } from './reply.ts';

/** A transfer that cannot go on, with what the client is told. */
export class TransferBroken extends Error {
  override readonly name = 'TransferBroken';
  readonly reply: Reply;

  constructor(code: number, text: string) {
    super(text);
    this.reply = reply(code, text);
  }
}
