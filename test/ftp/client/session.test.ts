import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openFtpSession } from '../../../src/ftp/client/session.ts';
import type { FtpSession, FtpSessionOptions } from '../../../src/ftp/client/session.ts';
import { eventually, quickTuning } from '../../support/ftp-target.ts';
import {
  bytewise,
  closeControl,
  raw,
  resetControl,
  say,
  startMockFtp,
} from '../../support/mock-ftp-server.ts';
import type { MockOptions, Script, Step } from '../../support/mock-ftp-server.ts';

const password = 'Pa55word-of-the-box';

const optionsFor = (port: number, over: Partial<FtpSessionOptions> = {}): FtpSessionOptions => ({
  host: '127.0.0.1',
  port,
  user: 'lab',
  password,
  allowedNetworks: ['127.0.0.0/8'],
  connectMs: 5000,
  replyMs: 5000,
  knownDataConnections: [],
  tuning: quickTuning,
  ...over,
});

const openTo = (port: number, over: Partial<FtpSessionOptions> = {}): Promise<FtpSession> =>
  openFtpSession(optionsFor(port, over), AbortSignal.timeout(20_000));

async function opened(mock: MockOptions, over: Partial<FtpSessionOptions> = {}) {
  await using server = await startMockFtp(mock);
  const session = await openTo(server.port, over);
  const described = await session.describe();
  await session.control.quit();
  await eventually('the server saw the end', () => server.openSessions === 0);
  return { session, described, lines: server.lines };
}

async function refused(mock: MockOptions, over: Partial<FtpSessionOptions> = {}) {
  await using server = await startMockFtp(mock);
  const error: unknown = await openTo(server.port, over)
    .then((session) => session.describe())
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  await eventually('the session is closed', () => server.openSessions === 0);
  return { error, lines: server.lines, sessions: server.sessionCount };
}

const asksForAccount: Script = (line) => {
  if (line.startsWith('PASS')) return [say('332 account please')];
  return line.startsWith('ACCT') ? [say('230 in')] : undefined;
};

const standard = ['USER lab', `PASS ${password}`, 'TYPE I', 'SYST', 'FEAT', 'QUIT'];

describe('opening a session', () => {
  it('says USER, PASS, TYPE I, then SYST and FEAT when asked, QUIT, and nothing before USER', async () => {
    const { session, lines, described } = await opened({});
    expect(lines).toEqual(standard);
    expect(described).toEqual({
      banner: 'mock',
      syst: 'UNIX Type: L8',
      feat: ['SIZE', 'REST STREAM'],
    });
    expect(session.control.transcript.lines.join('\n')).not.toContain(password);
    expect(session.control.transcript.lines).toContain('> PASS ***');
    expect(session.control.isOpen).toBe(false);
  });

  it('reads answers that come byte by byte', async () => {
    const answers: Record<string, string> = {
      USER: '331-who\r\n331 password\r\n',
      PASS: '230-hello\r\n230-550 is only text\r\n230 in\r\n',
    };
    const { lines, described } = await opened({
      greeting: [bytewise('220-wel\r\n220 come\r\n')],
      script: (line) => {
        const answer = answers[line.split(' ')[0] ?? ''];
        return answer === undefined ? undefined : [bytewise(answer)];
      },
    });
    expect(lines).toEqual(standard);
    expect(described.banner).toBe('wel\ncome');
  });

  it('passes over lines of the banner that come at any time after the first', async () => {
    const late = [say('220 and another thing'), say('120 wait')];
    const answers: Record<string, string> = {
      USER: '331 who',
      PASS: '230 in',
      TYPE: '200 so be it',
      SYST: '215 DOS',
    };
    const { described, lines } = await opened({
      script: (line) => {
        const answer = answers[line.split(' ')[0] ?? ''];
        return answer === undefined ? undefined : [...late, say(answer)];
      },
    });
    expect(lines).toEqual(standard);
    expect(described).toMatchObject({ banner: 'mock', syst: 'DOS' });
  });

  const greetings: readonly (readonly [string, readonly Step[]])[] = [
    ['two banners in one packet', [raw('220 one\r\n220 two\r\n')]],
    ['two banners in two packets', [say('220 one'), say('220 two')]],
    ['120 before 220', [say('120 wait'), say('220 ready')]],
    ['no CR LF at the end', [raw('220 ready')]],
    ['telnet negotiation first', [raw('\xff\xfd\x01\xff\xfb\x03220 ready\r\n')]],
    ['a bare LF', [raw('220 ready\n')]],
    ['no words', [raw('220\r\n')]],
    ['a blank line first', [raw('\r\n220 ready\r\n')]],
  ];
  it.each(greetings)('understands a banner with %s', async (_name, greeting) => {
    const { lines } = await opened({ greeting });
    expect(lines).toEqual(standard);
  });

  it.each([
    ['230', ['USER lab', 'TYPE I']],
    ['232', ['USER lab', 'TYPE I']],
    ['202', ['USER lab', 'TYPE I']],
  ])('USER answered %s needs no password', async (code, start) => {
    const { lines } = await opened({
      script: (line) => (line.startsWith('USER') ? [say(`${code} in`)] : undefined),
    });
    expect(lines.slice(0, 2)).toEqual(start);
  });

  it('gives the account where ACCT is asked for', async () => {
    const { lines, session } = await opened({ script: asksForAccount }, { account: 'bookkeeping' });
    expect(lines.slice(0, 4)).toEqual(['USER lab', `PASS ${password}`, 'ACCT bookkeeping', 'TYPE I']);
    expect(session.control.transcript.lines.join('\n')).not.toContain('bookkeeping');
    expect((await opened({ script: asksForAccount })).lines[2]).toBe('ACCT lab');
  });

  it('does without SYST, FEAT and TYPE', async () => {
    const { lines, described } = await opened({
      script: (line) => (/^(SYST|FEAT|TYPE)/.test(line) ? [say('502 not here')] : undefined),
    });
    expect(lines).toEqual(standard);
    expect(described).toEqual({ banner: 'mock', syst: '', feat: [] });
  });

  it('keeps what the server says of itself small and free of control bytes', async () => {
    const features = Array.from({ length: 2000 }, (_, n) => ` F${n}\x1b[31m`).join('\r\n');
    const { described } = await opened({
      greeting: [raw(`220 \x07hi ${'x'.repeat(5000)}\r\n`)],
      script: (line) => (line === 'FEAT' ? [raw(`211-F\r\n${features}\r\n211 End\r\n`)] : undefined),
    });
    expect(described.banner).toHaveLength(2048);
    expect(described.banner.startsWith('\\x07hi')).toBe(true);
    expect(described.feat.join('\n').length).toBeLessThanOrEqual(2048);
    // oxlint-disable-next-line no-control-regex -- this is what must not be there
    expect(described.feat.join('')).not.toMatch(/[\x00-\x1f]/);
  });
});

describe('a session that cannot be opened', () => {
  const greetings: readonly (readonly [string, string, readonly Step[]])[] = [
    ['421', 'SERVER_BUSY', [say('421 Too many users'), closeControl]],
    ['421 without an end', 'SERVER_BUSY', [raw('421 Too many users'), closeControl]],
    ['530 too many', 'SERVER_BUSY', [say('530 too many connections'), closeControl]],
    ['500 OOPS', 'FTP_UNEXPECTED', [say('500 OOPS: cannot'), closeControl]],
    ['an HTTP answer', 'NOT_FTP', [raw('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')]],
    ['an SSH banner', 'NOT_FTP', [raw('SSH-2.0-OpenSSH_9.2p1 Debian\r\n')]],
    ['binary garbage', 'NOT_FTP', [raw('J\0\0\0\n5.5.5-10.4\0\x08\x01\xfe\x80')]],
    ['binary garbage without LF', 'NOT_FTP', [raw('\x16\x03\x01\0\x05hello')]],
    ['5 MB of junk', 'NOT_FTP', [raw('\x7f'.repeat(5_000_000))]],
    ['5 MB of junk lines', 'NOT_FTP', [raw('junk\r\n'.repeat(830_000))]],
    ['an endless block', 'FTP_UNEXPECTED', [say('120 wait'), raw('220-a\r\n'.repeat(20_000))]],
    ['FIN', 'LINK_LOST', [closeControl]],
    ['RST', 'LINK_LOST', [resetControl]],
  ];
  it.each(greetings)('%s is %s', async (_name, code, greeting) => {
    const { error } = await refused({ greeting });
    expect(error).toMatchObject({ code });
  });

  it('silence is TIMEOUT, and 120 without a 220 is SERVER_BUSY', async () => {
    const waits = { connectMs: 400, replyMs: 400 };
    expect((await refused({ greeting: [] }, waits)).error).toMatchObject({ code: 'TIMEOUT' });
    expect((await refused({ greeting: [say('120 in 5 minutes')] }, waits)).error).toMatchObject({
      code: 'SERVER_BUSY',
    });
  });

  it.each(['USER', 'PASS', 'SYST', 'FEAT', 'TYPE'])('no answer to %s is TIMEOUT', async (verb) => {
    const script = (line: string) => (line.startsWith(verb) ? [] : undefined);
    expect((await refused({ script }, { replyMs: 400 })).error).toMatchObject({ code: 'TIMEOUT' });
  });

  it('a wrong password is LOGIN_REFUSED, and the password is nowhere', async () => {
    await using server = await startMockFtp({
      script: (line) => (line.startsWith('PASS') ? [say(`530 not "${line.slice(5)}"`)] : undefined),
    });
    const error: unknown = await openTo(server.port).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'LOGIN_REFUSED', retry: false });
    expect(everything(error)).not.toContain(password);
    expect(server.lines).toEqual(['USER lab', `PASS ${password}`, 'QUIT']);
  });

  it.each([
    ['PASS', '530 Too many connections', 'SERVER_BUSY'],
    ['USER', '421 Too many users', 'SERVER_BUSY'],
    ['USER', '530 no such user', 'LOGIN_REFUSED'],
    ['USER', '502 5.5.2 Error: command not recognized', 'NOT_FTP'],
    ['SYST', '421 Timeout', 'LINK_LOST'],
    ['TYPE', '550 no', 'FTP_UNEXPECTED'],
  ])('%s answered "%s" is %s', async (verb, answer, code) => {
    const script = (line: string) => (line.startsWith(verb) ? [say(answer)] : undefined);
    expect((await refused({ script })).error).toMatchObject({ code });
  });

  it('never sends a line break that a password holds', async () => {
    const { error, lines } = await refused({}, { password: 'a\r\nDELE /X' });
    expect(error).toMatchObject({ code: 'LOGIN_REFUSED' });
    expect(lines).toEqual(['QUIT']);
  });

  it('a server that answers without end is cut off', async () => {
    const { error } = await refused({
      script: (line) => (line.startsWith('USER') ? [raw('120 soon\r\n'.repeat(60))] : undefined),
    });
    expect(error).toMatchObject({ code: 'FTP_UNEXPECTED' });
  });

  it('nobody there is CONNECT_REFUSED', async () => {
    const listener = createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    listener.close();
    await once(listener, 'close');
    if (address === null || typeof address === 'string') throw new Error('no port');
    await expect(openTo(address.port)).rejects.toMatchObject({ code: 'CONNECT_REFUSED' });
  });

  it('an address outside the allowed networks is never connected to', async () => {
    const { error, sessions } = await refused({}, { allowedNetworks: ['10.0.0.0/8'] });
    expect(error).toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
    expect(sessions).toBe(0);
  });

  it('an abort ends the wait', async () => {
    await using server = await startMockFtp({ greeting: [] });
    const abort = new AbortController();
    const opening = openFtpSession(optionsFor(server.port), abort.signal);
    const outcome = expect(opening).rejects.toMatchObject({ code: 'CANCELED' });
    await eventually('connected', () => server.openSessions === 1);
    abort.abort();
    await outcome;
    await expect(openFtpSession(optionsFor(server.port), abort.signal)).rejects.toMatchObject({
      code: 'CANCELED',
    });
    expect(server.sessionCount).toBe(1);
  });
});

/** All that a log could print of an error. */
function everything(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message}\n${error.stack ?? ''}\n${JSON.stringify(error)}\n${everything(error.cause)}`;
}
