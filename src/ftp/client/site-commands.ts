import type { ControlChannel } from './control-channel.ts';
import { DomainError } from '../../domain/errors.ts';
import { isDone, wordsOf } from './reply.ts';

/** Words of HELP itself: a server that answers with them lists its FTP commands, where QUIT ends a session only. */
const ordinary = /\b(?:USER|PASS|RETR|STOR)\b/i;

/**
 * Whether the server says that it has SITE QUIT, which ends the server itself. mTCP's FTPSRV answers SITE HELP with the
 * list of its SITE commands in one line. Asking changes nothing.
 */
export async function hasSiteQuit(control: ControlChannel): Promise<boolean> {
  const reply = await control.command('SITE HELP');
  if (reply.code === 421) throw control.refusal('SITE', reply);
  const words = wordsOf(reply);
  return isDone(reply) && /\bQUIT\b/i.test(words) && !ordinary.test(words);
}

/** Ends the server; false when it refuses. A connection that breaks instead of an answer has been ended. */
export async function siteQuit(control: ControlChannel): Promise<boolean> {
  try {
    const reply = await control.command('SITE QUIT');
    if (isDone(reply) || reply.code === 421) {
      control.fail(new DomainError('LINK_LOST', 'the server was asked to leave'));
      return true;
    }
    return false;
  } catch (error) {
    if (error instanceof DomainError && error.fault === 'network') return true;
    throw error;
  }
}
