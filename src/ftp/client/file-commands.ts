import { DomainError } from '../../domain/errors.ts';
import type { ControlChannel } from './control-channel.ts';
import { sendBinaryType } from './binary-type.ts';
import { refusalCode } from './reply-errors.ts';
import { isDone, wordsOf } from './reply.ts';
import type { FtpReply } from './reply.ts';

/** Commands about one file or folder. All paths are whole FTP paths (`/FLEET98/IN/1A2B3C4D.JOB`). */

/** Bytes of a file, or undefined when it is not there. */
export async function fileSize(control: ControlChannel, path: string): Promise<number | undefined> {
  let reply = await control.command(`SIZE ${path}`);
  if (reply.code === 550 && /ascii/i.test(reply.text)) {
    await sendBinaryType(control);
    reply = await control.command(`SIZE ${path}`);
  }
  if (reply.code === 213) return sizeIn(reply) ?? throwRefusal(control, 'SIZE', reply, path);
  if (reply.code === 500 || reply.code === 502) {
    throw new DomainError('FTP_UNEXPECTED', 'the server has no SIZE command, which fleet98 needs');
  }
  const error = control.refusal('SIZE', reply, path);
  if (error.code === 'FILE_NOT_FOUND') return undefined;
  throw error;
}

function sizeIn(reply: FtpReply): number | undefined {
  const words = wordsOf(reply);
  const digits = /^(\d{1,15})(?!\d)/.exec(words)?.[1];
  if (digits !== undefined) return Number(digits);
  // Servers that hold 0 for "no text given" put their stock words here for an empty file.
  return words === '' || /^file status\.?$/i.test(words) ? 0 : undefined;
}

/** FILE_NOT_FOUND, FILE_EXISTS, FILE_BUSY, WRITE_REFUSED, FTP_UNEXPECTED. */
export async function renameFile(control: ControlChannel, from: string, to: string): Promise<void> {
  const asked = await control.command(`RNFR ${from}`);
  if (asked.code !== 350 && !isDone(asked)) throw control.refusal('RNFR', asked, from);
  const done = await control.command(`RNTO ${to}`);
  if (!isDone(done)) throw control.refusal('RNTO', done, to);
}

/** True when the server says that it deleted the file, false when it was not there. FILE_BUSY, WRITE_REFUSED. */
export async function removeFile(control: ControlChannel, path: string): Promise<boolean> {
  const reply = await control.command(`DELE ${path}`);
  if (isDone(reply)) return true;
  const error = control.refusal('DELE', reply, path);
  if (error.code === 'FILE_NOT_FOUND') return false;
  throw error;
}

/** Makes a folder; one that exists is fine. Leaves `home` as the working folder. */
export async function makeFolder(control: ControlChannel, path: string, home: string): Promise<void> {
  // CWD first: there are servers that close the session over MKD of a folder that exists.
  if (await folderExists(control, path, home)) return;
  const reply = await makeDirectory(control, path);
  if (isDone(reply)) return;
  const error = control.refusal('MKD', reply, path);
  if (error.code !== 'FILE_EXISTS' || !(await folderExists(control, path, home))) throw error;
}

async function makeDirectory(control: ControlChannel, path: string): Promise<FtpReply> {
  const reply = await control.command(`MKD ${path}`);
  const unknown = reply.code === 500 || reply.code === 502;
  return unknown ? control.command(`XMKD ${path}`) : reply;
}

/** Whether a folder can be entered. Leaves `home` (or the root) as the working folder. */
export async function folderExists(control: ControlChannel, path: string, home: string): Promise<boolean> {
  const reply = await control.command(`CWD ${path}`);
  if (!isDone(reply)) {
    const code = refusalCode('CWD', reply);
    if (code === 'LINK_LOST' || code === 'SERVER_BUSY' || code === 'LOGIN_REFUSED') {
      throw control.refusal('CWD', reply, path);
    }
    return false;
  }
  // DOS and Windows do not let go of a folder that is somebody's working folder.
  const back = await control.command(`CWD ${home}`);
  if (!isDone(back)) await control.command('CWD /');
  return true;
}

const MAX_FOLDER_CHARS = 200;

/** The folder in which the session stands, as a whole FTP path; undefined where the server says nothing of that shape. */
export async function workingFolder(control: ControlChannel): Promise<string | undefined> {
  const reply = await control.command('PWD');
  if (reply.code === 421) throw control.refusal('PWD', reply);
  // A quote in a name is doubled.
  const quoted = reply.code === 257 ? /^"((?:[^"]|"")*)"/.exec(wordsOf(reply))?.[1] : undefined;
  const path = quoted?.replaceAll('""', '"');
  return path !== undefined && path.length <= MAX_FOLDER_CHARS && /^\/[\x20-\x7e]*$/.test(path)
    ? path
    : undefined;
}

function throwRefusal(control: ControlChannel, verb: string, reply: FtpReply, path: string): never {
  throw control.refusal(verb, reply, path);
}
