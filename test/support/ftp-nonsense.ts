import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import * as fc from 'fast-check';

/** What an FTP server has to stand. */

const verbs = (
  'USER PASS ACCT SYST FEAT NOOP ABOR SITE HELP STAT TYPE MODE STRU OPTS ALLO REST PASV P@SW EPSV PORT EPRT ' +
  'PWD XPWD CWD XCWD CDUP XCUP MKD XMKD RMD XRMD SIZE MDTM DELE RNFR RNTO LIST NLST RETR STOR APPE STOU MLSD AUTH'
).split(' ');
const words = [
  '/',
  '..',
  '../secret',
  'A',
  'A/B',
  'FILE',
  '*.*',
  '-la',
  '~',
  'CON',
  '|1|127.0.0.1|22|',
  '127,0,0,1,9,9',
  '999999',
  'I',
  'UTF8 ON',
  '',
];
const anyText = fc.string({ unit: 'binary-ascii', maxLength: 30 });
const end = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r', '\r\0', '');

/** Lines that are commands, look like some, or are nothing, with an end of any kind; `more`: words of this server. */
export function nonsense(more: readonly string[]): fc.Arbitrary<string> {
  const verb = fc.constantFrom(...verbs);
  const word = fc.constantFrom(...words, ...more);
  const line = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(verb, word).map((both) => both.join(' ')) },
    { weight: 2, arbitrary: fc.tuple(verb, anyText).map((both) => both.join(' ')) },
    { weight: 1, arbitrary: anyText },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    },
  );
  return fc.tuple(line, end).map((both) => both.join(''));
}

/** One session's nonsense, in pieces of any length, and an end of any kind. Resolves with the lines that came back. */
export async function rave(
  port: number,
  { user, password }: { readonly user: string; readonly password: string },
  lines: readonly string[],
  seed: number,
): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' });
  let answers = 0;
  socket.on('error', () => {});
  socket.setEncoding('latin1').on('data', (text: string) => (answers += text.split('\n').length - 1));
  const login = `USER ${user}\r\nPASS ${password}\r\n`;
  const bytes = Buffer.from(login + lines.join(''), 'latin1');
  const piece = 1 + (seed % 97) * 7;
  for (let at = 0; at < bytes.length && !socket.destroyed; at += piece)
    await written(socket, bytes.subarray(at, at + piece));
  if (seed % 3 === 0) socket.resetAndDestroy();
  else socket.end();
  if (!socket.destroyed) await once(socket, 'close');
  return answers;
}

const written = (socket: Socket, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    socket.write(bytes, () => resolve());
  });
