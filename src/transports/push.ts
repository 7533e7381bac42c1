import { DomainError } from '../domain/errors.ts';
import { download } from '../ftp/client/download.ts';
import {
  fileSize,
  folderExists,
  makeFolder,
  removeFile,
  renameFile,
  workingFolder,
} from '../ftp/client/file-commands.ts';
import { readGreeting } from '../ftp/client/greeting.ts';
import { openFtpSession } from '../ftp/client/session.ts';
import type { FtpSession } from '../ftp/client/session.ts';
import type { FtpTuning } from '../ftp/client/tuning.ts';
import { hasSiteQuit, siteQuit } from '../ftp/client/site-commands.ts';
import { upload } from '../ftp/client/upload.ts';
import type { Pieces } from '../lib/pieces.ts';
import { folderPath, inSpool } from './ftp-paths.ts';
import type { Link, LinkAbilities, LinkTarget, ServerFacts, Transport, UploadOptions } from './transport.ts';

/** Names of thousands of files. */
const MAX_NAMES_BYTES = 256 * 1024;

/** Reaches machines that run an FTP server. `tuning` is for tests; `allowedNetworks`: where strangers are greeted. */
export function createPushTransport(
  tuning: Partial<FtpTuning> = {},
  allowedNetworks: readonly string[] = [],
): Transport {
  return {
    greet: (host, port, timeoutMs) => readGreeting({ host, port, timeoutMs, allowedNetworks }),
    async open(target, signal) {
      // A spool that cannot be a path is told before anything is connected.
      folderPath(target.spool);
      const session = await openFtpSession(
        {
          host: target.host,
          port: target.port,
          user: target.user,
          password: target.password,
          ...(target.account === undefined ? {} : { account: target.account }),
          allowedNetworks: target.allowedNetworks,
          connectMs: target.timeouts.connectMs,
          replyMs: target.timeouts.replyMs,
          knownDataConnections: target.abilities?.dataConnections ?? [],
          tuning,
        },
        signal,
      );
      return new PushLink(session, target);
    },
  };
}

class PushLink implements Link {
  readonly #session: FtpSession;
  readonly #target: LinkTarget;
  readonly #home: string;
  #tail: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #closing: Promise<void> | undefined;
  #endServer: boolean | undefined;

  constructor(session: FtpSession, target: LinkTarget) {
    this.#session = session;
    this.#target = target;
    this.#home = folderPath(target.spool);
    this.#endServer = target.abilities?.endServer;
  }

  get abilities(): LinkAbilities {
    const known = this.#target.abilities;
    const worked = this.#session.connections.worked;
    const before = known?.dataConnections.filter((name) => !worked.includes(name)) ?? [];
    return {
      restartRead: false,
      ...known,
      dataConnections: [...worked, ...before],
      ...(this.#endServer !== undefined && { endServer: this.#endServer }),
    };
  }

  get isOpen(): boolean {
    return this.#session.control.isOpen;
  }

  get transcript(): readonly string[] {
    return this.#session.control.transcript.lines;
  }

  describeServer(): Promise<ServerFacts> {
    return this.#queued(() => this.#session.describe());
  }

  size(path: string): Promise<number | undefined> {
    return this.#queued(() => fileSize(this.#session.control, this.#path(path)));
  }

  async read(path: string, options: { fromByte?: number; maxBytes: number }): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    await this.#download(path, options, (piece) => {
      pieces.push(piece);
    });
    return Buffer.concat(pieces);
  }

  stream(
    path: string,
    options: { fromByte?: number; maxBytes: number },
    take: (bytes: Uint8Array) => Promise<void>,
  ): Promise<void> {
    return this.#download(path, options, take);
  }

  write(path: string, bytes: Uint8Array): Promise<void> {
    return this.upload(path, () => [bytes], { size: bytes.length });
  }

  upload(path: string, open: (fromByte: number) => Pieces, options: UploadOptions): Promise<void> {
    return this.#queued(async () => {
      const send = () => this.#send(this.#path(path), open, options);
      try {
        await send();
      } catch (error) {
        const whole = (options.fromByte ?? 0) === 0;
        if (!whole || !(error instanceof DomainError) || error.code !== 'FILE_EXISTS') throw error;
        // mTCP's server, among others, never overwrites.
        await removeFile(this.#session.control, this.#path(path));
        await send();
      }
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#queued(() => renameFile(this.#session.control, this.#path(from), this.#path(to)));
  }

  remove(path: string): Promise<boolean> {
    return this.#queued(() => removeFile(this.#session.control, this.#path(path)));
  }

  makeFolder(path: string): Promise<void> {
    return this.#queued(() => makeFolder(this.#session.control, this.#path(path), this.#home));
  }

  folderExists(path: string): Promise<boolean> {
    return this.#queued(() => folderExists(this.#session.control, folderPath(path), this.#home));
  }

  loginFolder(): Promise<string | undefined> {
    return this.#queued(() => workingFolder(this.#session.control));
  }

  async askEndServer(): Promise<boolean> {
    this.#endServer = await this.#queued(() => hasSiteQuit(this.#session.control));
    return this.#endServer;
  }

  async yield(): Promise<boolean> {
    if (this.#endServer !== true)
      throw new DomainError('BUG', 'nobody has asked whether this server may be ended');
    const left = await this.#queued(() => siteQuit(this.#session.control));
    if (!left) this.#endServer = false;
    return left;
  }

  close(): Promise<void> {
    this.#closing ??= this.#quit();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async list(folder: string): Promise<string[]> {
    const pieces: Uint8Array[] = [];
    try {
      await this.#download(folder, { maxBytes: MAX_NAMES_BYTES, verb: 'NLST' }, (piece) => {
        pieces.push(piece);
      });
    } catch (error) {
      if (error instanceof DomainError && error.code === 'FILE_NOT_FOUND') return [];
      throw error;
    }
    const names = Buffer.concat(pieces).toString('latin1').split(/\r?\n/);
    return names.map((name) => name.replace(/^.*[/\\]/, '')).filter((name) => name !== '');
  }

  #download(
    path: string,
    options: { fromByte?: number; maxBytes: number; verb?: 'NLST' },
    take: (bytes: Uint8Array) => Promise<void> | void,
  ): Promise<void> {
    const request = {
      path: this.#path(path),
      fromByte: options.fromByte ?? 0,
      ...(options.verb && { verb: options.verb }),
      // Nothing known yet: worth a try, a server that has no REST says so.
      restart: this.#target.abilities?.restartRead ?? true,
      maxBytes: options.maxBytes,
      replyMs: this.#target.timeouts.replyMs,
      stallMs: this.#target.timeouts.stallMs,
    };
    return this.#queued(() => download(this.#session.control, this.#session.connections, request, take));
  }

  #send(path: string, open: (fromByte: number) => Pieces, options: UploadOptions): Promise<void> {
    const fromByte = options.fromByte ?? 0;
    const restart = options.restart ?? this.#target.abilities?.restartWrite;
    if (fromByte > 0 && restart === undefined) {
      throw new DomainError('FTP_UNEXPECTED', 'it is not known how this server continues an upload');
    }
    const { onProgress } = options;
    return upload(this.#session.control, this.#session.connections, {
      path,
      open: () => open(fromByte),
      sizeBytes: options.size - fromByte,
      fromByte,
      ...(restart === undefined ? {} : { restart }),
      chunkBytes: this.#target.writeChunkBytes,
      replyMs: this.#target.timeouts.replyMs,
      stallMs: this.#target.timeouts.stallMs,
      ...(onProgress === undefined ? {} : { onProgress: (sent: number) => onProgress(fromByte + sent) }),
    });
  }

  #quit(): Promise<void> {
    const { control } = this.#session;
    // QUIT has no place in the middle of a command; then the connection is closed and the command fails.
    if (this.#pending > 0) control.fail(new DomainError('LINK_LOST', 'the session was closed'));
    return this.#queued(() => control.quit());
  }

  #path(path: string): string {
    return inSpool(this.#home, path);
  }

  /** One after another: an FTP session can do one thing at a time, and a small machine wants no more. */
  #queued<T>(task: () => Promise<T>): Promise<T> {
    const run = async () => {
      try {
        return await task();
      } finally {
        this.#pending -= 1;
      }
    };
    this.#pending += 1;
    const result = this.#tail.then(run, run);
    this.#tail = result;
    return result;
  }
}
