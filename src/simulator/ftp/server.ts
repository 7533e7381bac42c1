import type { EventEmitter } from 'node:events';
import { resolve } from 'node:path';
import type { Server } from 'node:net';
import { FtpSrv } from 'ftp-srv';
import type { KnobBoard } from '../knobs.ts';
import type { Dress } from '../profile.ts';
import { portOf, type AsLibraryPromise, type LibraryPromise } from './data-connection.ts';
import { Disk, type DiskEntry } from './disk.ts';
import { Drive } from './drive.ts';
import { dosLine, unixLine } from './listing.ts';
import { listenOnOwnPort } from './own-port.ts';
import { Pace } from './pace.ts';
import { Session, type FtpSrvConnection } from './session.ts';

export interface FtpServerOptions {
  /** The folder of the host that is the PC's disk. */
  readonly diskFolder: string;
  readonly dress: Dress;
  readonly user: string;
  readonly password: string;
  readonly knobs: KnobBoard;
  /** 0: any free port. */
  readonly port: number;
  /** Called on SITE QUIT, which only servers of some PCs have. */
  readonly onSiteQuit?: () => void;
}

export interface RunningFtpServer {
  readonly port: number;
  /** Ends all sessions and gives the port back. */
  close(): Promise<void>;
  /** Resets all connections and gives the port back; settles when nothing can touch the disk any more. */
  cut(): Promise<void>;
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
export function startFtpServer(options: FtpServerOptions): Promise<RunningFtpServer> {
  if (options.port !== 0) return listen(options);
  return listenOnOwnPort((port) => listen({ ...options, port }));
}

async function listen(options: FtpServerOptions): Promise<RunningFtpServer> {
  const { dress, knobs } = options;
  const drive = new Drive(resolve(options.diskFolder), knobs);
  const pace = new Pace(knobs);
  const server = createServer(options);
  const sessions = new Map<FtpSrvConnection, Session>();
  let isDown = false;
  const asLibraryPromise: AsLibraryPromise = <T>(promise: Promise<T>) =>
    server.emitPromise<T>('adopt', promise);
  server.on(
    'adopt',
    (promise: Promise<unknown>, settle: (value: unknown) => void, fail: (error: unknown) => void) => {
      promise.then(settle, fail);
    },
  );
  server.on('connect', ({ connection }: { connection: FtpSrvConnection }) => {
    const { onSiteQuit } = options;
    const about = { dress, knobs, diskFolder: drive.root, asLibraryPromise };
    const session = new Session(connection, { ...about, ...(onSiteQuit && { onSiteQuit }) });
    // ftp-srv still takes connections for a moment after it was told to close.
    if (isDown) return session.reset();
    sessions.set(connection, session);
    connection.commandSocket.once('close', () => sessions.delete(connection));
  });
  server.on('login', (login: Login, accept: (fs: object) => void, refuse: (error: Error) => void) => {
    const breakLink = (): void => sessions.get(login.connection)?.reset();
    const data = () => sessions.get(login.connection)?.data;
    if (login.username === options.user && login.password === options.password) {
      accept({ fs: new Disk(drive, { knobs, pace, data, break: breakLink }) });
    } else refuse(new Error('Login incorrect'));
  });
  await server.listen();
  return {
    port: portOf(server.server),
    close: async () => {
      isDown = true;
      for (const session of sessions.values()) session.destroy();
      await server.close();
    },
    cut: async () => {
      isDown = true;
      const off = drive.cutPower();
      for (const session of sessions.values()) session.reset();
      await Promise.all([off, server.close()]);
    },
  };
}

interface Login {
  readonly connection: FtpSrvConnection;
  readonly username: string;
  readonly password: string;
}

function createServer({ dress, knobs, port }: FtpServerOptions): FtpSrvInside {
  const before = new Map(signals.map((signal) => [signal, new Set(process.listeners(signal))]));
  const server: unknown = new FtpSrv({
    url: `ftp://127.0.0.1:${port}`,
    pasv_url: '127.0.0.1',
    log: silentLog,
    file_format: (entry) => listingLine(entry, dress, Date.now() + knobs.now.clockOffsetMs),
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

function listingLine(entry: object, dress: Dress, nowMs: number): string {
  if (!isEntry(entry)) return '';
  return dress.listing === 'dos' ? dosLine(entry) : unixLine(entry, nowMs);
}
