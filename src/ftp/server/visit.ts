import type { Codepage } from './codepage.ts';
import type { DataWay } from './data-way.ts';
import type { ServerParts } from './parts.ts';
import type { Reply } from './reply.ts';
import type { Transfer } from './transfer.ts';
import type { View, ViewPath } from './view.ts';

export interface Peer {
  readonly address: string;
  /** Ours, as the client reached it. */
  readonly localAddress: string;
  /** The same with what the system needs to bind it (an IPv6 scope). */
  readonly bindAddress: string;
}

/** What commands leave behind for later ones. */
export interface VisitState {
  user: string;
  /** There after a login. */
  view: View | undefined;
  folder: ViewPath;
  isUtf8: boolean;
  type: 'A' | 'I';
  restAt: number;
  announcedBytes: number | undefined;
  renameFrom: ViewPath | undefined;
  onlyEpsv: boolean;
  wrongPasswords: number;
}

/** A session as its commands see it. */
export interface Visit {
  readonly parts: ServerParts;
  readonly peer: Peer;
  readonly state: VisitState;
  /** Aborts when the session is to end. */
  readonly closing: AbortSignal;
  /** For names and paths, both ways. */
  readonly page: Codepage;
  readonly transfer: Transfer | undefined;
  say(reply: Reply): Promise<void>;
  /** Closes the session after the answer to this command. */
  hangUp(): void;
  /** Starts the time to log in. */
  expectLogin(): void;
  setWay(way: DataWay | undefined): void;
  takeWay(): DataWay | undefined;
  beginTransfer(name: string): Transfer;
  endTransfer(): void;
}

export interface Command {
  readonly help: string;
  /** Whether it is answered without a login. */
  readonly isOpen?: true;
  /** What an earlier command left that this one does not clear. */
  readonly keeps?: 'rest' | 'rename';
  run(visit: Visit, argument: Buffer): Promise<Reply> | Reply;
}

export const newState = (): VisitState => ({
  user: '',
  view: undefined,
  folder: [],
  isUtf8: false,
  type: 'A',
  restAt: 0,
  announcedBytes: undefined,
  renameFrom: undefined,
  onlyEpsv: false,
  wrongPasswords: 0,
});
