import type { Clock } from '../lib/clock.ts';
import { DomainError } from '../domain/errors.ts';
import type { Log } from './parts.ts';

/** A piece of work that may start now. `run` resolves when it is over or put off; it must not throw. */
export interface Work {
  /** Two pieces with one key are the same and never run at once. */
  readonly key: string;
  /** From `makeRoom()` on the piece does not count any more, and another may start beside it. */
  run(signal: AbortSignal, makeRoom: () => void): Promise<void>;
}

const LOOK_AGAIN_MS = 1_000;
/** A piece of work that broke is not begun again before this. */
const BROKEN_PAUSE_MS = 10_000;

/** Starts work as it becomes possible, up to a number of pieces at once; looks when woken, and each second. */
export class WorkLoop {
  /** Not called while there is no room. */
  readonly #find: () => Promise<Work[]>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #active = new Map<string, { controller: AbortController; over: Promise<void> }>();
  readonly #stopping = new AbortController();
  #room: number;
  #wanted = false;
  #looking: Promise<void> | undefined;
  #ticking: Promise<void> | undefined;

  constructor(options: { find: () => Promise<Work[]>; capacity: number; clock: Clock; log: Log }) {
    this.#find = options.find;
    this.#room = options.capacity;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  start(): void {
    this.#ticking = this.#tick();
  }

  /** Something changed: look for work soon. */
  wake(): void {
    if (this.isStopping) return;
    this.#wanted = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      if (this.#wanted && this.#room > 0) this.wake();
    });
  }

  isActive(key: string): boolean {
    return this.#active.has(key);
  }

  /** Asks a piece of work to stop; it decides what state it leaves. */
  abort(key: string, reason: DomainError): void {
    this.#active.get(key)?.controller.abort(reason);
  }

  async stop(): Promise<void> {
    const reason = new DomainError('CANCELED', 'the daemon is stopping');
    this.#stopping.abort(reason);
    for (const { controller } of this.#active.values()) controller.abort(reason);
    await this.#ticking;
    await this.#looking;
    await Promise.all([...this.#active.values()].map(({ over }) => over));
  }

  /** Aborted when the loop stops. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  get isStopping(): boolean {
    return this.stopping.aborted;
  }

  async #tick(): Promise<void> {
    while (!this.isStopping) {
      this.wake();
      await this.#clock.sleep(LOOK_AGAIN_MS, this.#stopping.signal).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    while (this.#wanted && this.#room > 0 && !this.isStopping) {
      this.#wanted = false;
      try {
        for (const work of await this.#find()) {
          if (this.#room <= 0 || this.isStopping) break;
          if (!this.#active.has(work.key)) this.#begin(work);
        }
      } catch (error) {
        this.#log.error({ err: error }, 'looking for work failed');
      }
    }
  }

  #begin(work: Work): void {
    const controller = new AbortController();
    let takesRoom = true;
    const makeRoom = (): void => {
      if (takesRoom) this.#room += 1;
      takesRoom = false;
      this.wake();
    };
    this.#room -= 1;
    const over = work
      .run(controller.signal, makeRoom)
      .catch((error: unknown) => this.#bear(work, error))
      .finally(() => {
        this.#active.delete(work.key);
        makeRoom();
      });
    this.#active.set(work.key, { controller, over });
  }

  /** What broke, because the disk is full for instance, would break again at once, and without end. */
  async #bear(work: Work, error: unknown): Promise<void> {
    if (this.isStopping) return;
    this.#log.error({ err: error, work: work.key }, 'a piece of work broke');
    await this.#clock.sleep(BROKEN_PAUSE_MS, this.stopping).catch(() => undefined);
  }
}
