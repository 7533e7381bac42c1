import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** One event as it goes over the wire. JSON has no line break, so it is one data line. */
export const formatEvent = (name: string, data: unknown, id?: string | number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** What a stream needs of a Fastify reply. */
export interface StreamReply {
  readonly raw: ServerResponse;
  /** Tells Fastify that the answer is written by somebody else. */
  hijack(): unknown;
  getHeaders(): Readonly<Record<string, number | string | string[] | undefined>>;
}

/** One client of server-sent events. */
export class SseStream {
  readonly #response: ServerResponse;
  readonly #ended = new AbortController();

  /** Takes the reply over and sends the headers at once; `:ok` makes proxies pass them on. */
  constructor(reply: StreamReply) {
    reply.hijack();
    this.#response = reply.raw;
    this.#response.on('close', () => this.#ended.abort());
    this.#response.on('error', () => this.#ended.abort());
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) this.#response.setHeader(name, value);
    }
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
      // Nothing follows on this connection, so it need not be waited for when the daemon stops.
      connection: 'close',
    });
    this.#response.write(':ok\n\n');
  }

  /** Aborted when the client is gone or the stream was ended. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Bytes that the client has not taken yet. */
  get waitingBytes(): number {
    return this.#response.writableLength;
  }

  write(text: string): void {
    if (!this.signal.aborted) this.#response.write(text);
  }

  /** Resolves when the client has taken what was written, or is gone; a client that takes nothing for `stallMs` is dropped. */
  async drained(stallMs: number): Promise<void> {
    if (!this.#response.writableNeedDrain || this.signal.aborted) return;
    const stalled = setTimeout(() => this.drop(), stallMs);
    try {
      await once(this.#response, 'drain', { signal: this.signal });
    } catch {
      // Only the abort of `signal` leads here, and the caller sees it there.
    } finally {
      clearTimeout(stalled);
    }
  }

  end(): void {
    this.#ended.abort();
    this.#response.end();
  }

  drop(): void {
    this.#ended.abort();
    this.#response.destroy();
  }
}
