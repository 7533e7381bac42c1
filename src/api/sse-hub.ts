import { randomBytes } from 'node:crypto';
import { formatEvent, SseStream, type StreamReply } from './sse-stream.ts';

export interface SseHubOptions {
  readonly batchMs: number;
  readonly heartbeatMs: number;
  /** A client that leaves more than this unread is dropped. */
  readonly maxWaitingBytes: number;
  /** How many of the last events are kept for Last-Event-ID. */
  readonly keptEvents: number;
}

export const sseDefaults: SseHubOptions = {
  batchMs: 50,
  heartbeatMs: 15_000,
  maxWaitingBytes: 1_048_576,
  keptEvents: 1024,
};

/** Every open event stream of the daemon. Broadcasts are serialised once, sent in batches, and kept for a while. */
export class SseHub {
  readonly #options: SseHubOptions;
  readonly #streams = new Set<SseStream>();
  readonly #subscribers = new Set<SseStream>();
  /** Ids of another daemon's life must not be taken for ours. */
  readonly #life = randomBytes(4).toString('hex');
  readonly #heartbeat: NodeJS.Timeout;
  #kept: string[] = [];
  #lastNumber = 0;
  #batch = '';
  #flushTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: SseHubOptions = sseDefaults) {
    this.#options = options;
    this.#heartbeat = setInterval(() => this.#send(this.#streams, ':\n\n'), options.heartbeatMs).unref();
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Opens a stream on this reply; it gets heartbeats, and ends with the hub. */
  open(reply: StreamReply): SseStream {
    const stream = new SseStream(reply);
    this.#streams.add(stream);
    stream.signal.addEventListener('abort', () => {
      this.#streams.delete(stream);
      this.#subscribers.delete(stream);
    });
    if (this.#closed) stream.end();
    return stream;
  }

  /** From now on `stream` gets all that is published, after what came behind `lastEventId` or a `gap`. */
  subscribe(stream: SseStream, lastEventId: string | undefined): void {
    this.#flush();
    stream.write(this.#missed(lastEventId));
    if (!stream.signal.aborted) this.#subscribers.add(stream);
  }

  publish(name: string, data: unknown): void {
    this.#lastNumber += 1;
    const text = formatEvent(name, data, `${this.#life}-${this.#lastNumber}`);
    this.#kept.push(text);
    // Cut in halves, so that the array is not moved for each event.
    if (this.#kept.length >= 2 * this.#options.keptEvents)
      this.#kept = this.#kept.slice(-this.#options.keptEvents);
    if (this.#subscribers.size === 0) return;
    this.#batch += text;
    this.#flushTimer ??= setTimeout(() => this.#flush(), this.#options.batchMs);
  }

  /** Ends every stream at once. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    this.#flush();
    for (const stream of this.#streams) stream.end();
  }

  #missed(lastEventId: string | undefined): string {
    if (lastEventId === undefined) return '';
    const [life, number] = lastEventId.split('-');
    const missing = this.#lastNumber - Number(number);
    const known = life === this.#life && missing >= 0 && missing <= this.#kept.length;
    if (!known) return formatEvent('gap', {}, `${this.#life}-${this.#lastNumber}`);
    return missing === 0 ? '' : this.#kept.slice(-missing).join('');
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const batch = this.#batch;
    this.#batch = '';
    if (batch !== '') this.#send(this.#subscribers, batch);
  }

  #send(streams: ReadonlySet<SseStream>, text: string): void {
    for (const stream of streams) {
      if (stream.waitingBytes > this.#options.maxWaitingBytes) stream.drop();
      else stream.write(text);
    }
  }
}
