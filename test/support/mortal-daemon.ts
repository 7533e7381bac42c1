import { cpSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DomainError } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { createOperations } from '../../src/operations/create-operations.ts';
import type { FleetEvent } from '../../src/operations/event-bus.ts';
import type { Operations } from '../../src/operations/operations.ts';
import type { OperationsSettings } from '../../src/operations/settings.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { Transport } from '../../src/transports/transport.ts';
import { createPushTransport } from '../../src/transports/push.ts';

interface Life {
  readonly store: Store;
  readonly operations: Operations;
  /** No session is opened any more. */
  readonly hangUp: () => void;
}

/**
 * The daemon's real parts in this process, that can die as by SIGKILL: a crash copies the data directory as it lies
 * there at that instant, and the next life begins with the copy. What the dead one still writes goes into a folder that
 * nobody reads; whoever calls `crash` cuts its connections in the same turn, and it gets no new ones.
 */
export class MortalDaemon {
  /** What happens in the life under way. */
  onEvent: (event: FleetEvent) => void = () => {};
  /** Told when the life under way calls something an error. */
  onError: (message: string, fields: object) => void = () => {};
  /** Called when the data is open and nothing has been done with it yet. */
  onOpen: (store: Store) => Promise<void> = async () => {};
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #settings: OperationsSettings;
  readonly #burials: Promise<void>[] = [];
  #lives = 0;
  #life: Life | undefined;

  constructor(folder: string, clock: Clock, settings: OperationsSettings) {
    this.#folder = folder;
    this.#clock = clock;
    this.#settings = settings;
  }

  get isAlive(): boolean {
    return this.#life !== undefined;
  }

  get store(): Store {
    return this.#living().store;
  }

  get operations(): Operations {
    return this.#living().operations;
  }

  async start(): Promise<void> {
    const store = await openStore({ dataDir: this.#dataDir(this.#lives) });
    await this.onOpen(store);
    const { transport, hangUp } = endable(createPushTransport());
    const isMine = (): boolean => this.#life?.store === store;
    const operations = createOperations({
      store,
      transport,
      clock: this.#clock,
      settings: this.#settings,
      log: {
        debug() {},
        info() {},
        warn() {},
        error: (fields, message) => {
          if (isMine()) this.onError(message, fields);
        },
      },
    });
    operations.events.subscribe((event) => {
      if (isMine()) this.onEvent(event);
    });
    this.#life = { store, operations, hangUp };
    await operations.start();
  }

  crash(): void {
    const life = this.#living();
    this.#life = undefined;
    life.hangUp();
    const old = this.#dataDir(this.#lives);
    this.#lives += 1;
    cpSync(old, this.#dataDir(this.#lives), { recursive: true, filter: outlivesIt });
    this.#burials.push(bury(life).finally(() => rmSync(old, { recursive: true, force: true })));
  }

  /** Stops in good order, and waits until nothing of any life goes on. */
  async end(): Promise<void> {
    const life = this.#life;
    this.#life = undefined;
    if (life) this.#burials.push(bury(life));
    await Promise.all(this.#burials);
  }

  #living(): Life {
    if (this.#life) return this.#life;
    throw new Error('the daemon is dead');
  }

  #dataDir(life: number): string {
    return join(this.#folder, `data-${life}`);
  }
}

/** SQLite makes its shared-memory file anew, and the lock is that of the dead. */
const outlivesIt = (path: string): boolean => basename(path) !== 'lock' && !path.endsWith('-shm');

async function bury({ operations, store }: Life): Promise<void> {
  await operations.stop().catch(() => {});
  await store.close().catch(() => {});
}

function endable(transport: Transport): { transport: Transport; hangUp: () => void } {
  let isOver = false;
  const refuse = (): void => {
    if (isOver) throw new DomainError('UNREACHABLE', 'the daemon is dead');
  };
  return {
    hangUp: () => {
      isOver = true;
    },
    transport: {
      async open(target, signal) {
        refuse();
        const link = await transport.open(target, signal);
        if (isOver) await link.close();
        refuse();
        return link;
      },
    },
  };
}
