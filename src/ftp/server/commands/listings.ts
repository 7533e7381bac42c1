import { sendAll } from '../data-stream.ts';
import { isPattern } from '../glob.ts';
import { detailLines, listingBytes, nameLines, select } from '../listing.ts';
import type { Selection } from '../listing.ts';
import { reply } from '../reply.ts';
import type { Reply } from '../reply.ts';
import { runTransfer } from '../run-transfer.ts';
import type { Command, Visit } from '../visit.ts';
import { textOf, viewOf } from './arguments.ts';
import { statusReply } from './status.ts';

export const listingCommands: Readonly<Record<string, Command>> = {
  LIST: {
    help: 'LIST [-options] [folder | file | pattern]',
    async run(visit, argument) {
      return send(visit, details(visit, await selected(visit, argument)));
    },
  },
  NLST: {
    help: 'NLST [-options] [folder | file | pattern]',
    async run(visit, argument) {
      return send(visit, nameLines(await selected(visit, argument), isPattern(textOf(visit, argument))));
    },
  },
  STAT: {
    help: 'STAT [folder | file | pattern]',
    async run(visit, argument) {
      if (argument.toString('latin1').trim() === '') return statusReply(visit);
      const lines = [...details(visit, await selected(visit, argument))];
      const { statLines } = visit.parts.limits;
      const left = lines.length - statLines;
      const last = left > 0 ? `${left} more lines; LIST tells them all.` : 'That is all.';
      return reply(213, ['Status:', ...lines.slice(0, statLines), last]);
    },
  },
};

const selected = (visit: Visit, argument: Buffer): Promise<Selection> =>
  select(viewOf(visit), visit.state.folder, textOf(visit, argument), visit.page);

const details = (visit: Visit, selection: Selection): Iterable<string> =>
  detailLines(selection, visit.parts.clock.nowMs());

function send(visit: Visit, lines: Iterable<string>): Promise<Reply> {
  return runTransfer(visit, {
    name: 'a listing',
    opening: 'Here comes the listing.',
    async work(socket, transfer) {
      await sendAll(socket, listingBytes(lines, visit.page), transfer, visit.parts.limits.closeWaitMs);
      return reply(226, 'That is all.');
    },
  });
}
