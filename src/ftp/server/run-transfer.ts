import type { Socket } from 'node:net';
import { reply } from './reply.ts';
import type { Reply } from './reply.ts';
import type { Transfer } from './transfer.ts';
import type { Visit } from './visit.ts';

export interface TransferPlan {
  readonly name: string;
  /** What 150 says. */
  readonly opening: string;
  /** Moves the bytes; gives the last answer. The connection is closed afterwards. */
  work(socket: Socket, transfer: Transfer): Promise<Reply>;
}

/** One transfer over the prepared data connection, which is used up by it, whatever happens. */
export async function runTransfer(visit: Visit, plan: TransferPlan): Promise<Reply> {
  const way = visit.takeWay();
  if (way === undefined) return reply(425, 'Say PASV or PORT first.');
  const transfer = visit.beginTransfer(plan.name);
  const opening = reply(150, plan.opening);
  let socket: Socket | undefined;
  let isWhole = false;
  try {
    if (way.isPassive) await visit.say(opening);
    socket = await way.open(transfer.signal);
    if (!way.isPassive) await visit.say(opening);
    transfer.start();
    const last = await plan.work(socket, transfer);
    isWhole = true;
    return last;
  } finally {
    // An orderly end would look like the file's own; only ABOR's client knows that it is not.
    if (isWhole || transfer.signal.aborted) socket?.destroy();
    else socket?.resetAndDestroy();
    way.close();
    visit.endTransfer();
  }
}
