import { request } from 'node:http';

export interface Received {
  readonly id?: string;
  readonly event?: string;
  readonly data?: unknown;
}

/** One client of an event stream: the text so far, and what is in it. */
export class SseClient {
  text = '';
  isClosed = false;
  readonly #request: ReturnType<typeof request>;

  constructor(url: string, lastEventId?: string) {
    this.#request = request(url, {
      headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
    });
    this.#request.on('response', (response) => {
      response.setEncoding('utf8').on('data', (text: string) => (this.text += text));
      response.on('close', () => (this.isClosed = true));
    });
    this.#request.on('error', () => (this.isClosed = true));
    this.#request.end();
  }

  get events(): Received[] {
    const blocks = this.text.split('\n\n').slice(0, -1);
    return blocks
      .filter((block) => !block.startsWith(':'))
      .map((block) =>
        Object.fromEntries(
          block.split('\n').map((line) => [line.split(': ')[0], line.replace(/^\w+: /, '')]),
        ),
      )
      .map(({ id, event, data }) => ({ ...(id && { id }), event, data: JSON.parse(data ?? 'null') }));
  }

  /** The text of all token events together. */
  get told(): string {
    return this.events
      .filter(({ event }) => event === 'token')
      .map(({ data }) =>
        typeof data === 'object' && data !== null && 'text' in data ? String(data.text) : '',
      )
      .join('');
  }

  close(): void {
    this.#request.destroy();
  }
}
