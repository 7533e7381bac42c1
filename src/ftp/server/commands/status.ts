import { reply } from '../reply.ts';
import type { Reply } from '../reply.ts';
import type { Visit } from '../visit.ts';

/** STAT without a name: the session, and the transfer when one is under way. */
export function statusReply({ peer, state, transfer, parts }: Visit): Reply {
  const login =
    state.view === undefined
      ? 'Not logged in.'
      : `Logged in as ${state.user.slice(0, parts.limits.echoChars)}.`;
  const moving =
    transfer === undefined ? 'No transfer.' : `Transfer of ${transfer.name}: ${transfer.bytes} bytes so far.`;
  return reply(211, [
    'Status:',
    `Connected from ${peer.address}.`,
    login,
    `Type ${state.type}, structure F, mode S.`,
    moving,
    'That is all.',
  ]);
}
