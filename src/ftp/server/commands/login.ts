import { reply } from '../reply.ts';
import type { Reply } from '../reply.ts';
import { newState } from '../visit.ts';
import type { Command, Visit } from '../visit.ts';

export const loginCommands: Readonly<Record<string, Command>> = {
  USER: {
    help: 'USER name',
    isOpen: true,
    run(visit, argument) {
      const user = visit.page.decode(argument)?.trim() ?? '';
      if (user === '') return reply(501, 'USER needs a name.');
      forget(visit);
      visit.state.user = user;
      return reply(331, 'Now the password.');
    },
  },
  PASS: {
    help: 'PASS password',
    isOpen: true,
    run(visit, argument) {
      if (visit.state.user === '') return reply(503, 'USER comes first.');
      if (visit.state.view !== undefined) return reply(230, 'You are logged in already.');
      return tryLogin(visit, visit.page.decode(argument) ?? '');
    },
  },
  ACCT: { help: 'ACCT anything', isOpen: true, run: () => reply(202, 'No account is needed.') },
  QUIT: {
    help: 'QUIT',
    isOpen: true,
    run(visit) {
      visit.hangUp();
      return reply(221, 'Good-bye.');
    },
  },
};

/** A second USER starts from the beginning, whoever was logged in. */
function forget(visit: Visit): void {
  const { isUtf8, wrongPasswords, view } = visit.state;
  visit.setWay(undefined);
  Object.assign(visit.state, newState(), { isUtf8, wrongPasswords });
  if (view !== undefined) visit.expectLogin();
}

async function tryLogin(visit: Visit, password: string): Promise<Reply> {
  const { parts, peer, state } = visit;
  const { user } = state;
  const view = await parts.login({ user, password, address: peer.address, localAddress: peer.localAddress });
  if (view !== undefined) {
    state.view = view;
    state.wrongPasswords = 0;
    parts.guard.succeeded(peer.address);
    parts.observe({ kind: 'login', address: peer.address, user });
    return reply(230, 'You are logged in.');
  }
  state.user = '';
  state.wrongPasswords += 1;
  parts.observe({ kind: 'login-refused', address: peer.address, user });
  await parts.clock.sleep(parts.guard.failed(peer.address), visit.closing);
  if (state.wrongPasswords < parts.limits.loginTries) return reply(530, 'Wrong user or password.');
  visit.hangUp();
  return reply(530, 'Wrong user or password; that was the last try.');
}
