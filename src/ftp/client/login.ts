import { DomainError } from '../../domain/errors.ts';
import type { ControlChannel } from './control-channel.ts';
import { loginRefusalCode } from './reply-errors.ts';
import { isDone } from './reply.ts';

export interface FtpAccount {
  readonly user: string;
  readonly password: string;
  /** For servers that ask for ACCT. */
  readonly account?: string;
}

/** USER, then PASS and ACCT as far as the server asks for them. LOGIN_REFUSED, SERVER_BUSY, NOT_FTP. */
export async function logIn(control: ControlChannel, account: FtpAccount): Promise<void> {
  if (/[\r\n\0]/.test(`${account.user}${account.password}${account.account ?? ''}`)) {
    throw new DomainError('LOGIN_REFUSED', 'a user name or password cannot hold CR, LF or NUL');
  }
  let verb = 'USER';
  let reply = await control.command(`USER ${account.user}`);
  if (reply.code === 331) {
    verb = 'PASS';
    reply = await control.command(`PASS ${account.password}`);
  }
  if (reply.code === 332) {
    verb = 'ACCT';
    // Servers that ask for an account rarely check it.
    reply = await control.command(`ACCT ${account.account ?? account.user}`);
  }
  if (isDone(reply)) return;
  const detail = `the server answered "${control.transcript.clean(reply.text)}" to ${verb}`;
  throw new DomainError(loginRefusalCode(verb, reply), detail);
}
