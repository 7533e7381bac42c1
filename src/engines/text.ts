import type { TokenEvent } from '../domain/token-log.ts';

/** The text of events in order: UTF-8 decoded across their borders, U+FFFD for what is not UTF-8. */
export function textOf(events: readonly TokenEvent[]): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const pieces = events.map((event) => decoder.decode(event.bytes, { stream: true }));
  return pieces.join('') + decoder.decode();
}
