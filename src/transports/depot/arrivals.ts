import type { Clock } from '../../lib/clock.ts';
import type { BoxMemory } from './memory.ts';

/** One that has not come for so many times is not there. */
const DOUBT_VISITS = 2;
/** A visit that nothing was heard of for so long is over. */
const VISIT_MS = 600_000;

/**
 * One stay of a machine. It begins with the right MACHINE.ID and may take several logins, as some clients need one for
 * each file.
 */
export class Visit {
  readonly number: number;
  readonly address: string;
  /** Whether it has begun to fetch, so that it has sent what it wanted to. */
  hasReported = false;
  /** Something came of it that may make new orders. */
  broughtNews = false;
  readonly held = new Set<string>();
  readonly sent = new Set<string>();
  /** Jobs of which something did not get here whole. */
  readonly spoilt = new Set<string>();

  constructor(number: number, address: string) {
    this.number = number;
    this.address = address;
  }
}

/** Who comes for one box, and when: one machine, it is hoped. */
export class Arrivals {
  readonly #memory: BoxMemory;
  readonly #clock: Clock;
  /** How long the one that came before may be there still. */
  readonly #doubtMs: number;
  readonly #note: (line: string) => void;
  #visit: Visit | undefined;
  #rival: { readonly address: string; readonly atMs: number } | undefined;
  #contactMs: number | undefined;
  #lacksId = false;
  #hasHeard = false;

  constructor(memory: BoxMemory, clock: Clock, options: { periodMs: number; note: (line: string) => void }) {
    this.#memory = memory;
    this.#clock = clock;
    this.#doubtMs = DOUBT_VISITS * options.periodMs;
    this.#note = options.note;
  }

  /** By this daemon's monotonic clock; undefined: it has not come since the daemon started. */
  get contactMs(): number | undefined {
    return this.#contactMs;
  }

  /** Whether it has told all that it had to tell, or that it is not the one, since the daemon started. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /** It came without a MACHINE.ID, and has not come with one since. */
  get lacksId(): boolean {
    return this.#lacksId;
  }

  /** Two addresses from which machines come with this machine's id; undefined while there is one. */
  get rivals(): readonly [string, string] | undefined {
    const { last } = this.#memory;
    const rival = this.#rival;
    if (!last || !rival || rival.address === last.address) return undefined;
    const since = this.#clock.nowMs() - this.#doubtMs;
    return last.atMs > since && rival.atMs > since ? [last.address, rival.address] : undefined;
  }

  /**
   * A machine has shown the right id. From a new address it is not believed at once: the one from the old address may be
   * there as well, with a copy of the same disk.
   */
  begin(address: string): void {
    const memory = this.#memory;
    const now = this.#clock.nowMs();
    const { last } = memory;
    if (last !== undefined && last.address !== address && now - last.atMs < this.#doubtMs) {
      this.#rival = { address, atMs: now };
      this.#note(`one came from ${address}, while that from ${last.address} may be there`);
      return;
    }
    memory.last = { address, atMs: now };
    memory.visits += 1;
    memory.isIdShown = true;
    this.#lacksId = false;
    this.#visit = this.rivals ? undefined : new Visit(memory.visits, address);
    if (this.rivals) this.hear();
    this.#note(`the machine came from ${address}`);
    this.touch();
  }

  /** What came was another machine. It is what answers now, and whoever reads its id finds the fault. */
  refuse(): void {
    this.#visit = undefined;
    this.#note('it showed the MACHINE.ID of another machine');
    this.hear();
    this.touch();
  }

  missId(): void {
    if (!this.#lacksId) this.#note('it did not show its MACHINE.ID');
    this.#lacksId = true;
  }

  /** The visit that goes on from this address. */
  from(address: string): Visit | undefined {
    const silentMs = this.#clock.monotonicMs() - (this.#contactMs ?? 0);
    return this.#visit?.address === address && silentMs < VISIT_MS ? this.#visit : undefined;
  }

  hear(): void {
    this.#hasHeard = true;
  }

  touch(): void {
    this.#contactMs = this.#clock.monotonicMs();
  }
}
