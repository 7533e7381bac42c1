import { isIPv6 } from 'node:net';

/** How many wrong tokens a source may send before it has to wait. */
const LIMIT = 10;
const WINDOW_MS = 60_000;
/** Sources remembered at once; past it the oldest is forgotten. */
const MAX_SOURCES = 10_000;

const MAPPED_V4 = /^::ffff:([\d.]+)$/i;
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** An IPv4 address, or the network of 64 bits of an IPv6 one: who has one address in it has all of them. */
export function sourceOf(address: string): string {
  const [plain = ''] = address.split('%');
  const [, v4 = plain] = MAPPED_V4.exec(plain) ?? [];
  if (!isIPv6(v4)) return v4;
  const [head = [], tail = []] = plain
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: Math.max(0, GROUPS - head.length - tail.length) }, () => '0');
  const network = [...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS);
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/** Counts wrong tokens by their source, so that none can be found by trying. */
export class WrongTries {
  readonly #nowMs: () => number;
  readonly #windows = new Map<string, { count: number; readonly endMs: number }>();

  /** `nowMs` never goes back. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whole seconds until this source may try again; 0: now. */
  waitSeconds(source: string): number {
    const window = this.#windows.get(source);
    if (!window || window.count < LIMIT) return 0;
    return Math.max(0, Math.ceil((window.endMs - this.#nowMs()) / 1000));
  }

  note(source: string): void {
    const now = this.#nowMs();
    const window = this.#windows.get(source);
    if (window && window.endMs > now) {
      window.count += 1;
      return;
    }
    // Deleted first, so that the map is in the order in which the windows began.
    this.#windows.delete(source);
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined && this.#windows.size >= MAX_SOURCES) this.#windows.delete(oldest);
    this.#windows.set(source, { count: 1, endMs: now + WINDOW_MS });
  }
}
