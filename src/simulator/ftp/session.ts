import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { KnobBoard, Refusal } from '../knobs.ts';
import type { Dress } from '../profile.ts';
import { DataConnection, type AsLibraryPromise } from './data-connection.ts';
import type { Disk } from './disk.ts';
import { asDiskError, diskFull } from './disk-error.ts';
import { readLines } from './line-reader.ts';
import { ftpTime } from './listing.ts';

interface Connector {
  readonly socket?: Socket | undefined;
  end(): void;
}

/** What this file uses of an ftp-srv connection. */
export interface FtpSrvConnection {
  readonly commandSocket: Socket;
  readonly commands: { handle(line: string): Promise<unknown> };
  readonly authenticated?: boolean;
  readonly fs?: Disk;
  connector: Connector;
  restByteCount: number | undefined;
  username?: string | undefined;
  reply(code: unknown, ...letters: readonly unknown[]): Promise<unknown>;
}

export interface SessionOptions {
  readonly dress: Dress;
  readonly knobs: KnobBoard;
  /** Left out of every reply. */
  readonly diskFolder: string;
  readonly asLibraryPromise: AsLibraryPromise;
  /** Without it SITE is not known. */
  readonly onSiteQuit?: () => void;
}

type Answer = (session: Session, argument: string) => Promise<unknown>;

/** Commands that ftp-srv may answer itself. */
const passedOn = new Set(
  'USER PASS QUIT NOOP PWD XPWD CWD XCWD CDUP XCUP TYPE MODE STRU ALLO REST RETR STOR APPE LIST NLST RNFR RNTO PORT'.split(
    ' ',
  ),
);
const withoutLogin = new Set('USER PASS QUIT NOOP SYST FEAT OPTS'.split(' '));
const transfers = new Set('RETR STOR APPE LIST NLST'.split(' '));

/** Commands that are answered here: by the profile, or because ftp-srv gets them wrong. */
const answers: Readonly<Record<string, Answer>> = {
  SYST: (session) => session.reply(215, session.dress.syst),
  FEAT: (session) => session.answerFeat(),
  OPTS: (session, argument) => session.answerOpts(argument),
  PASV: (session) => session.answerPasv(),
  EPSV: (session) => session.answerEpsv(),
  SIZE: (session, path) => session.withDisk(213, async (disk) => fileSize(disk, path)),
  MDTM: (session, path) => session.withDisk(213, async (disk) => ftpTime((await disk.get(path)).mtime)),
  MKD: (session, path) =>
    session.withDisk(257, async (disk) => `"${await disk.mkdir(path)}" directory created`),
  XMKD: (session, path) =>
    session.withDisk(257, async (disk) => `"${await disk.mkdir(path)}" directory created`),
  DELE: (session, path) => session.withDisk(250, (disk) => disk.deleteFile(path).then(() => 'File deleted')),
  RMD: (session, path) =>
    session.withDisk(250, (disk) => disk.deleteFolder(path).then(() => 'Directory deleted')),
  XRMD: (session, path) =>
    session.withDisk(250, (disk) => disk.deleteFolder(path).then(() => 'Directory deleted')),
  SITE: (session, argument) => session.answerSite(argument),
  ABOR: (session) => session.reply(226, 'Nothing to abort'),
};

async function fileSize(disk: Disk, path: string): Promise<string> {
  const entry = await disk.get(path);
  if (entry.isDirectory()) throw asDiskError(Object.assign(new Error(), { code: 'EISDIR' }));
  return String(entry.size);
}

/** One control connection of ftp-srv, dressed as the profile says, with ftp-srv's defects kept away from the client. */
export class Session {
  readonly dress: Dress;
  readonly #knobs: KnobBoard;
  readonly #connection: FtpSrvConnection;
  readonly #data: DataConnection;
  readonly #onSiteQuit: (() => void) | undefined;

  constructor(connection: FtpSrvConnection, options: SessionOptions) {
    this.dress = options.dress;
    this.#knobs = options.knobs;
    this.#connection = connection;
    this.#onSiteQuit = options.onSiteQuit;
    this.#data = new DataConnection(options.asLibraryPromise);
    connection.connector = this.#data;
    // Else the reply after a transfer waits for the client's delayed acknowledgement of the one before.
    connection.commandSocket.setNoDelay(true);
    dressReplies(connection, options);
    // Before ftp-srv's own listener, which would leave a transfer hanging with its file open.
    connection.commandSocket.prependListener('close', () => this.#data.destroy());
    connection.commandSocket.removeAllListeners('data');
    readLines(connection.commandSocket, (line) => this.#handle(line));
  }

  get data(): Socket | undefined {
    const { socket } = this.#connection.connector;
    return socket?.destroyed === false ? socket : undefined;
  }

  /** Drops the control and the data connection. */
  destroy(): void {
    this.#data.destroy();
    this.#connection.commandSocket.destroy();
  }

  /** Resets both connections: what is on its way is lost. */
  reset(): void {
    this.#data.reset();
    this.#connection.commandSocket.resetAndDestroy();
  }

  reply(code: number, ...letters: readonly unknown[]): Promise<unknown> {
    return this.#connection.reply(code, ...letters);
  }

  async answerFeat(): Promise<unknown> {
    const { feat } = this.dress;
    if (feat === null) return this.#notUnderstood('FEAT');
    const lines = feat.map((text) => ({ raw: true, message: ` ${text}` }));
    return this.reply(211, 'Features', ...lines, 'End');
  }

  async answerOpts(argument: string): Promise<unknown> {
    const knowsUtf8 = this.dress.feat?.includes('UTF8') === true;
    if (knowsUtf8 && /^UTF-?8 ON$/i.test(argument)) return this.reply(200, 'UTF8 is on');
    return this.#notUnderstood('OPTS');
  }

  async answerSite(argument: string): Promise<unknown> {
    if (!this.#onSiteQuit) return this.#notUnderstood('SITE');
    const { siteQuit } = this.#knobs.now;
    const word = argument.trim().toUpperCase();
    if (word === 'HELP') {
      return this.reply(211, `Site commands: HELP DISKFREE STATS WHO${siteQuit === 'off' ? '' : ' QUIT'}`);
    }
    if (word !== 'QUIT' || siteQuit === 'off') return this.reply(500, 'Unknown SITE command');
    if (siteQuit === 'denied') return this.reply(550, 'permission denied');
    await this.reply(200, 'The server is shutting down');
    return this.#onSiteQuit();
  }

  async answerPasv(): Promise<unknown> {
    const port = await this.#listen();
    return this.reply(227, `Entering Passive Mode (127,0,0,1,${Math.floor(port / 256)},${port % 256})`);
  }

  async answerEpsv(): Promise<unknown> {
    if (!this.dress.epsv) return this.#notUnderstood('EPSV');
    return this.reply(229, `Entering Extended Passive Mode (|||${await this.#listen()}|)`);
  }

  /** Replies with what `act` returns, or 550 with the disk's words. */
  async withDisk(code: number, act: (disk: Disk) => Promise<string>): Promise<unknown> {
    const disk = this.#connection.fs;
    if (disk === undefined) return this.reply(530, 'Please log in');
    try {
      return await this.reply(code, await act(disk));
    } catch (error) {
      return this.reply(550, asDiskError(error).message);
    }
  }

  async #listen(): Promise<number> {
    this.#connection.connector.end();
    this.#connection.connector = this.#data;
    return this.#data.listen(this.#connection.commandSocket.remoteAddress);
  }

  async #handle(line: string): Promise<void> {
    const space = line.indexOf(' ');
    const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase();
    const argument = space < 0 ? '' : line.slice(space + 1);
    try {
      await this.#answer(verb, argument);
    } catch {
      await this.reply(500, 'Command failed');
    } finally {
      // ftp-srv keeps a restart offset after a transfer that failed, and would cut the next one.
      if (transfers.has(verb)) this.#connection.restByteCount = 0;
    }
  }

  async #answer(verb: string, argument: string): Promise<unknown> {
    const refusal = this.#knobs.now.refused.get(verb);
    if (refusal !== undefined) return this.#refuse(verb, refusal);
    const answer = Object.hasOwn(answers, verb) ? answers[verb] : undefined;
    if (answer === undefined && !passedOn.has(verb)) return this.#notUnderstood(verb);
    if (this.#connection.authenticated !== true && !withoutLogin.has(verb))
      return this.reply(530, 'Please log in');
    if (answer !== undefined) return answer(this, argument);
    if (verb === 'REST' && !this.dress.rest) return this.#notUnderstood(verb);
    if (verb === 'PORT' && argument === '') return this.reply(501, 'PORT needs an address');
    // ftp-srv refuses a second USER for the life of the connection.
    if (verb === 'USER') this.#connection.username = undefined;
    const rest = verb === 'LIST' || verb === 'NLST' ? argument.replace(/^(-\S+\s*)+/, '') : argument;
    return this.#connection.commands.handle(rest === '' ? verb : `${verb} ${rest}`);
  }

  #refuse(verb: string, { code, text }: Refusal): Promise<unknown> {
    if (transfers.has(verb)) this.#connection.connector.end();
    return this.reply(code, text);
  }

  #notUnderstood(verb: string): Promise<unknown> {
    return this.reply(500, `${verb.replace(/[^A-Z]/g, '').slice(0, 8)}: command not understood`);
  }
}

/** Replaces the texts and codes of ftp-srv that no old server would send, and any path of the host; takes its time. */
function dressReplies(connection: FtpSrvConnection, options: SessionOptions): void {
  const { dress, knobs, diskFolder, asLibraryPromise } = options;
  const send = connection.reply.bind(connection);
  const clean = (letter: unknown): unknown =>
    typeof letter === 'string' ? letter.replaceAll(diskFolder, '') : letter;
  const dressed: FtpSrvConnection['reply'] = (code, ...letters) => {
    if (code === 220) return send(220, ...dress.greeting);
    if (code === 226) return send(226, 'Transfer complete');
    if (letters[0] === diskFull) return send(452, 'Insufficient storage space');
    return send(code === 551 ? 550 : code, ...letters.map(clean));
  };
  connection.reply = (code, ...letters) => {
    const { replyDelayMs } = knobs.now;
    // Without a code it is a listing on its way through the data connection.
    if (typeof code !== 'number' || replyDelayMs === 0) return dressed(code, ...letters);
    return asLibraryPromise(
      delay(replyDelayMs, undefined, { ref: false }).then(() => dressed(code, ...letters)),
    );
  };
}
