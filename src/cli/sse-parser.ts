/** One server-sent event. */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
  /** The last id seen, of this or an earlier event. */
  readonly id: string | undefined;
}

const MAX_EVENT_CHARACTERS = 4_194_304;

/**
 * Takes a `text/event-stream` in pieces of any size and gives the events that are complete. An event that the stream
 * ends in the middle of is never given. Throws a RangeError past 4 MiB without an event.
 */
export class SseParser {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #event = '';
  #data: string[] = [];
  #dataLength = 0;
  #id: string | undefined;

  push(bytes: Uint8Array): SseEvent[] {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    const events: SseEvent[] = [];
    let from = 0;
    // A CR at the very end may be half of a CR LF: it waits.
    for (const match of text.matchAll(/\r\n|\n|\r(?!$)/g)) {
      const event = this.#takeLine(text.slice(from, match.index));
      if (event) events.push(event);
      from = match.index + match[0].length;
    }
    this.#rest = text.slice(from);
    if (this.#rest.length + this.#dataLength > MAX_EVENT_CHARACTERS)
      throw new RangeError('an event is too long');
    return events;
  }

  #takeLine(line: string): SseEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') {
      this.#data.push(value);
      this.#dataLength += value.length + 1;
    } else if (field === 'event') {
      this.#event = value;
    } else if (field === 'id' && !value.includes('\0')) {
      this.#id = value;
    }
    return undefined;
  }

  #dispatch(): SseEvent | undefined {
    const event =
      this.#data.length > 0
        ? { event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id }
        : undefined;
    this.#event = '';
    this.#data = [];
    this.#dataLength = 0;
    return event;
  }
}
