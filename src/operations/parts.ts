import type { RunLimits } from '../domain/run.ts';
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/open-store.ts';
import type { Transport } from '../transports/transport.ts';
import type { EventBus } from './event-bus.ts';
import type { Sessions } from './sessions.ts';

/** The daemon's log: the same calls as pino's. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface OperationsSettings {
  readonly allowedNetworks: readonly string[];
  readonly maxArtifactBytes: number;
  readonly ftp: {
    readonly connectMs: number;
    readonly replyMs: number;
    readonly stallMs: number;
    readonly writeChunkBytes: number;
  };
  readonly deploy: {
    readonly parallel: number;
    readonly giveUpMs: number;
    readonly retryMinMs: number;
    readonly retryMaxMs: number;
  };
  readonly run: {
    readonly pollMinMs: number;
    readonly pollMaxMs: number;
    readonly limits: RunLimits;
    readonly lateAfterMs: number;
    readonly unreachableAfterMs: number;
    readonly lostAfterMs: number;
  };
  readonly jobs: {
    /** How long an agent may leave a job in IN before it counts as silent. */
    readonly waitMs: number;
    readonly pollMs: number;
  };
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
}
