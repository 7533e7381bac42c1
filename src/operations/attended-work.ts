import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import type { Link } from '../transports/transport.ts';
import { withFilesLane, type FilesWork } from './files-lane.ts';
import type { Parts } from './parts.ts';
import { settleLeftovers } from './settle-leftovers.ts';

/** Work with the files of one machine whose end somebody waits for. A daemon that stops breaks it off. */
export class AttendedWork {
  readonly #parts: Parts;
  readonly #onEnd: () => void;
  readonly #stopping = new AbortController();
  readonly #working = new Set<Promise<unknown>>();

  constructor(parts: Parts, onEnd: () => void) {
    this.#parts = parts;
    this.#onEnd = onEnd;
  }

  /** Aborted once the daemon stops. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Holds the machine's lane, and clears away what was left there before. */
  async on<T>(machine: Machine, what: FilesWork, use: (link: Link) => Promise<T>): Promise<T> {
    const working = withFilesLane(this.#parts, machine, what, this.signal, () =>
      this.#parts.sessions.with(machine.id, async (link) => {
        await settleLeftovers(this.#parts, link, machine.id, this.signal);
        return use(link);
      }),
    );
    this.#working.add(working);
    try {
      return await working;
    } finally {
      this.#working.delete(working);
      this.#onEnd();
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new DomainError('CANCELED', 'the daemon is stopping'));
    await Promise.allSettled(this.#working);
  }
}
