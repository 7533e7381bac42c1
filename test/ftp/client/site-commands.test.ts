import { expect, test } from 'vitest';
import { openFtpSession } from '../../../src/ftp/client/session.ts';
import type { FtpSession } from '../../../src/ftp/client/session.ts';
import { hasSiteQuit, siteQuit } from '../../../src/ftp/client/site-commands.ts';
import { quickTuning } from '../../support/ftp-target.ts';
import { closeControl, resetControl, say, startMockFtp } from '../../support/mock-ftp-server.ts';
import type { Step } from '../../support/mock-ftp-server.ts';

/** What `use` makes of a server that answers SITE so, and the SITE lines that it saw. */
async function onServer<T>(
  answer: readonly Step[],
  use: (session: FtpSession) => Promise<T>,
): Promise<{ result: T; lines: string[]; isOpen: boolean }> {
  await using server = await startMockFtp({
    script: (line) => (line.startsWith('SITE') ? answer : undefined),
  });
  const session = await openFtpSession(
    {
      host: '127.0.0.1',
      port: server.port,
      user: 'lab',
      password: 'secret',
      allowedNetworks: ['127.0.0.0/8'],
      connectMs: 5_000,
      replyMs: 5_000,
      knownDataConnections: [],
      tuning: quickTuning,
    },
    AbortSignal.timeout(20_000),
  );
  try {
    const result = await use(session);
    const lines = server.lines.filter((line) => line.startsWith('SITE'));
    return { result, lines, isOpen: session.control.isOpen };
  } finally {
    await session.control.quit();
  }
}

const helps: readonly [server: string, answer: readonly string[], hasIt: boolean][] = [
  ['mTCP with SITE QUIT', ['211 Site commands: HELP DISKFREE STATS WHO QUIT'], true],
  ['mTCP of 2013', ['211 Site commands: HELP DISKFREE STATS WHO'], false],
  ['a list of several lines', ['214-The SITE commands are', ' help quit', '214 OK'], true],
  ['one that lists its FTP commands', ['214-Commands', ' USER PASS QUIT RETR STOR', '214 OK'], false],
  ['a word that only holds QUIT', ['211 Site commands: NOQUITTING'], false],
  ['one that knows no SITE', ['502 Command not implemented'], false],
  ['one that names QUIT while it refuses', ['500 no HELP here, say QUIT'], false],
];
test.each(helps)('SITE HELP of %s', async (_server, answer, hasIt) => {
  const { result, lines, isOpen } = await onServer(answer.map(say), ({ control }) => hasSiteQuit(control));
  expect({ result, lines, isOpen }).toEqual({ result: hasIt, lines: ['SITE HELP'], isOpen: true });
});

test('a server that says good-bye instead is gone', async () => {
  const asked = onServer([say('421 too slow'), closeControl], ({ control }) => hasSiteQuit(control));
  await expect(asked).rejects.toMatchObject({ code: 'LINK_LOST' });
});

const quits: readonly [what: string, answer: readonly Step[], left: boolean, isOpen: boolean][] = [
  ['a server that agrees', [say('200 The server is shutting down')], true, false],
  ['a server that agrees and closes', [say('221 bye'), closeControl], true, false],
  ['a server that only closes', [closeControl], true, false],
  ['a server that resets the connection', [resetControl], true, false],
  ['a server that says good-bye', [say('421 Service not available')], true, false],
  ['a user who may not', [say('550 permission denied')], false, true],
  ['a server that does not know it', [say('500 Unknown SITE command')], false, true],
];
test.each(quits)('SITE QUIT to %s', async (_what, answer, left, open) => {
  const { result, isOpen } = await onServer(answer, ({ control }) => siteQuit(control));
  expect({ left: result, isOpen }).toEqual({ left, isOpen: open });
});
