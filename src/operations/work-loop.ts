import type { Clock } from '../lib/clock.ts';
import { DomainError } from '../domain/errors.ts';
import type { Log } from './parts.ts';

/** A piece of work that may start now. `run` resolves when it is over or put off; it must not throw. */
export interface Work {
  /** Two pieces with one key are the same and never run at once. */
  readonly key: string;
  run(signal: AbortSignal): Promise<void>;
}

const LOOK_AGAIN_MS = 1_000;

/** Starts work as it becomes possible, up to a number of pieces at once; looks when woken, and each second. */
export class WorkLoop {
  readonly #find: () => Promise<Work[]>;
  readonly #capacity: number;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #active = new Map<string, { controller: AbortController; over: Promise<void> }>();
  readonly #stopping = new AbortController();
  #wanted = false;
  #looking: Promise<void> | undefined;
  #ticking: Promise<void> | undefined;

  constructor(options: { find: () => Promise<Work[]>; capacity: number; clock: Clock; log: Log }) {
    this.#find = options.find;
    this.#capacity = options.capacity;
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
      if (this.#wanted) this.wake();
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

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #tick(): Promise<void> {
    while (!this.isStopping) {
      this.wake();
      await this.#clock.sleep(LOOK_AGAIN_MS, this.#stopping.signal).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    while (this.#wanted && !this.isStopping) {
      this.#wanted = false;
      try {
        for (const work of await this.#find()) {
          if (this.#active.size >= this.#capacity || this.isStopping) break;
          if (!this.#active.has(work.key)) this.#begin(work);
        }
      } catch (error) {
        this.#log.error({ error }, 'looking for work failed');
      }
    }
  }

  #begin(work: Work): void {
    const controller = new AbortController();
    const over = work
      .run(controller.signal)
      .catch((error: unknown) => this.#log.error({ error, work: work.key }, 'a piece of work broke'))
      .finally(() => {
        this.#active.delete(work.key);
        if (!this.isStopping) this.wake();
      });
    this.#active.set(work.key, { controller, over });
  }
}
