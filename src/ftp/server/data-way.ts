import type { Socket } from 'node:net';

/** How one transfer's data will travel: prepared by PASV or PORT, used at most once. */
export interface DataWay {
  /** Whether "150" has to come before the connection: a client that is to connect may wait for it. */
  readonly isPassive: boolean;
  /** The connection to the client. Rejects with the signal's reason, or with a TransferBroken when none comes in time. */
  open(signal: AbortSignal): Promise<Socket>;
  close(): void;
}
