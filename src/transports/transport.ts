import type { TransportName } from '../domain/machine.ts';
import type { Pieces } from '../lib/pieces.ts';

/** Where a machine's spool is and how to log in there. Lives in memory only: it holds the password. */
export interface LinkTarget {
  readonly machineId: string;
  /** Which transport reaches it. */
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** For servers that ask for ACCT after the password; the user name is sent where it is not given. */
  readonly account?: string;
  /** FTP path of the spool folder, e.g. `/FLEET98`; every path given to a Link is relative to it. */
  readonly spool: string;
  /** Bytes per write to the data connection; old network cards want 4-8 KiB. */
  readonly writeChunkBytes: number;
  readonly timeouts: LinkTimeouts;
  /** Networks (CIDR) that the resolved address must be in; checked at each connect. */
  readonly allowedNetworks: readonly string[];
  /** What a probe learned before; undefined: nothing known yet. */
  readonly abilities?: LinkAbilities;
  /** A machine that comes by itself may stay away for so long, as one that does one thing at a time has to. */
  readonly silenceMs?: number;
}

export interface LinkTimeouts {
  readonly connectMs: number;
  readonly replyMs: number;
  /** A transfer that moves no byte for so long is given up. */
  readonly stallMs: number;
}

/** What this server can do beyond STOR, RETR, SIZE, RNFR/RNTO and DELE, as a probe saw it. */
export interface LinkAbilities {
  /** RETR from an offset (REST) gives the right bytes. */
  readonly restartRead: boolean;
  /** How an upload can go on at an offset; undefined: only from the start. */
  readonly restartWrite?: 'appe' | 'rest';
  /** Names of the data-connection strategies that worked, best first. */
  readonly dataConnections: readonly string[];
  /** `yield` may be used: the server said so. Not asked: undefined. */
  readonly endServer?: boolean;
  /**
   * The machine comes by itself, about this often: every answer is as old as its last visit, only what it brings can be
   * seen, and uploads wait until it has fetched them, so that several are best under way at once.
   */
  readonly visits?: { readonly periodMs: number };
}

/** What the server says of itself; recorded by a probe, each value at most 2 KiB. */
export interface ServerFacts {
  readonly banner: string;
  readonly syst: string;
  readonly feat: readonly string[];
}

export interface UploadOptions {
  /** Bytes of the whole file. */
  readonly size: number;
  /** Where to start; 0 replaces the file. More than 0 needs `restart` or `abilities.restartWrite`. */
  readonly fromByte?: number;
  /** How to go on at `fromByte`, in place of what is known of the server: a probe tries both ways. */
  readonly restart?: 'appe' | 'rest';
  /** Told the bytes of the whole file that were handed to the network so far. */
  readonly onProgress?: (sentBytes: number) => void;
}

/**
 * One open session with a machine. Paths are relative to the spool, with `/`. Calls on one link run one after another
 * (the caller may start several, they queue). Throws DomainError: LINK_LOST, TIMEOUT, UNREACHABLE … after which the link
 * is closed; FILE_NOT_FOUND, FILE_BUSY, WRITE_REFUSED, DISK_FULL … after which it stays open.
 */
export interface Link extends AsyncDisposable {
  readonly abilities: LinkAbilities;
  readonly isOpen: boolean;
  /** The last 20 control lines, oldest first, with `> ` or `< `; passwords masked. */
  readonly transcript: readonly string[];
  /** Asks the server for what it says of itself. */
  describeServer(): Promise<ServerFacts>;
  /** Bytes of a file, or undefined when it is not there. */
  size(path: string): Promise<number | undefined>;
  /** The bytes from `fromByte` on; FILE_NOT_FOUND when it is not there, REPLY_TOO_LARGE past `maxBytes`. */
  read(path: string, options: { fromByte?: number; maxBytes: number }): Promise<Uint8Array>;
  /**
   * As `read`, but hands the bytes on as they come, up to `maxBytes` of them; the next piece waits until `take` has
   * resolved, so that memory stays small. What was taken before an error counts.
   */
  stream(
    path: string,
    options: { fromByte?: number; maxBytes: number },
    take: (bytes: Uint8Array) => Promise<void>,
  ): Promise<void>;
  /**
   * Names of the files in a folder of the spool, without their path, as far as the server tells them: for a person's
   * eyes only, nothing may depend on it. Servers differ in what they say of an empty folder.
   */
  list(folder: string): Promise<string[]>;
  /** Writes a small file whole, replacing it. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Sends a file whose bytes `open(fromByte)` gives; the size on the machine is not checked here. */
  upload(path: string, open: (fromByte: number) => Pieces, options: UploadOptions): Promise<void>;
  /** FILE_EXISTS or FTP_UNEXPECTED when the server refuses. */
  rename(from: string, to: string): Promise<void>;
  /** True when the server says that it deleted the file: proof that it was there. False when it was not. */
  remove(path: string): Promise<boolean>;
  /** Makes a folder; one that exists is fine. */
  makeFolder(path: string): Promise<void>;
  /** Whether a folder is there. `path` is a whole FTP path (`/FLEET98`), not relative to the spool. */
  folderExists(path: string): Promise<boolean>;
  /** The folder in which a login begins, as a whole FTP path, if nothing else was asked before; where the server tells it. */
  loginFolder(): Promise<string | undefined>;
  /** Asks whether the server can be ended from here, and keeps the answer in `abilities.endServer`. */
  askEndServer(): Promise<boolean>;
  /**
   * Ends the server, so that the machine can do something else: true, and the link is closed; false when the server
   * refuses. Only with `abilities.endServer`; BUG without.
   */
  yield(): Promise<boolean>;
  /** Says QUIT and closes. Never throws. */
  close(): Promise<void>;
}

/** A way to reach machines. One instance serves all machines. */
export interface Transport {
  open(target: LinkTarget, signal: AbortSignal): Promise<Link>;
  /** What something at an address says of itself that looks like a machine's server; undefined: nothing does. */
  greet?(host: string, port: number, timeoutMs: number): Promise<string | undefined>;
  /** Forgets what it knows of a machine: another one has its place, or none. */
  forget?(machineId: string): Promise<void>;
}
