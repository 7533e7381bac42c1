import type { EventEmitter } from 'node:events';
import { resolve } from 'node:path';
import type { Server } from 'node:net';
import { FtpSrv } from 'ftp-srv';
import type { Dress } from '../profile.ts';
import { portOf, type AsLibraryPromise, type LibraryPromise } from './data-connection.ts';
import { Disk, type DiskEntry } from './disk.ts';
import { dosLine, unixLine } from './listing.ts';
import { Pace } from './pace.ts';
import { Session, type FtpSrvConnection } from './session.ts';

export interface FtpServerOptions {
  /** The folder of the host that is the PC's disk. */
  readonly diskFolder: string;
  readonly dress: Dress;
  readonly user: string;
  readonly password: string;
  /** Both ways together; 0: no limit. */
  readonly rateBytesPerSecond: number;
  /** 0: any free port. */
  readonly port: number;
}

export interface RunningFtpServer {
  readonly port: number;
  /** Ends all sessions and gives the port back. */
  close(): Promise<void>;
}

const silentLog = {
  child: () => silentLog,
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

const signals = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

/** What this file uses of ftp-srv beyond its published types. */
type FtpSrvInside = EventEmitter & {
  readonly server: Server;
  emitPromise<T>(event: string, ...values: readonly unknown[]): LibraryPromise<T>;
  listen(): Promise<unknown>;
  close(): Promise<unknown>;
};

/** Starts the FTP server of a simulated PC on 127.0.0.1. */
export async function startFtpServer(options: FtpServerOptions): Promise<RunningFtpServer> {
  const diskFolder = resolve(options.diskFolder);
  const pace = new Pace(options.rateBytesPerSecond);
  const server = createServer(options);
  const sessions = new Set<Session>();
  const asLibraryPromise: AsLibraryPromise = <T>(promise: Promise<T>) =>
    server.emitPromise<T>('adopt', promise);
  server.on(
    'adopt',
    (promise: Promise<unknown>, settle: (value: unknown) => void, fail: (error: unknown) => void) => {
      promise.then(settle, fail);
    },
  );
  server.on('connect', ({ connection }: { connection: FtpSrvConnection }) => {
    const session = new Session(connection, { dress: options.dress, diskFolder, asLibraryPromise });
    sessions.add(session);
    connection.commandSocket.once('close', () => sessions.delete(session));
  });
  server.on(
    'login',
    ({ username, password }: Login, accept: (login: object) => void, refuse: (error: Error) => void) => {
      if (username === options.user && password === options.password)
        accept({ fs: new Disk(diskFolder, pace) });
      else refuse(new Error('Login incorrect'));
    },
  );
  await server.listen();
  return {
    port: portOf(server.server),
    close: async () => {
      for (const session of sessions) session.destroy();
      await server.close();
    },
  };
}

interface Login {
  readonly username: string;
  readonly password: string;
}

function createServer({ dress, port }: FtpServerOptions): FtpSrvInside {
  const before = new Map(signals.map((signal) => [signal, new Set(process.listeners(signal))]));
  const server: unknown = new FtpSrv({
    url: `ftp://127.0.0.1:${port}`,
    pasv_url: '127.0.0.1',
    log: silentLog,
    file_format: (entry) => listingLine(entry, dress),
  });
  // ftp-srv ends the whole process on these signals; it is a guest here.
  for (const signal of signals) {
    for (const listener of process.listeners(signal)) {
      if (before.get(signal)?.has(listener) !== true) process.removeListener(signal, listener);
    }
  }
  if (!isFtpSrv(server)) throw new Error('this version of ftp-srv is not known');
  return server;
}

const isFtpSrv = (server: unknown): server is FtpSrvInside =>
  typeof server === 'object' && server !== null && 'server' in server && 'emitPromise' in server;

const isEntry = (entry: object): entry is DiskEntry => 'name' in entry && 'isDirectory' in entry;

function listingLine(entry: object, dress: Dress): string {
  if (!isEntry(entry)) return '';
  return dress.listing === 'dos' ? dosLine(entry) : unixLine(entry, Date.now());
}
