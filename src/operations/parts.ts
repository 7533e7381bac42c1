import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/open-store.ts';
import type { Transport } from '../transports/transport.ts';
import type { EventBus } from './event-bus.ts';
import type { Kits } from './kits.ts';
import type { Sessions } from './sessions.ts';
import type { OperationsSettings } from './settings.ts';

/** The daemon's log: the same calls as pino's. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What every operation is made of; built once by `createOperations`. */
export interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: OperationsSettings;
  readonly transport: Transport;
  readonly events: EventBus;
  readonly sessions: Sessions;
  /** The programs that come with fleet98. */
  readonly kits: Kits;
}
