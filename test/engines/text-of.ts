import type { TokenEvent } from '../../src/domain/token-log.ts';
import { TextBuilder } from '../../src/engines/text.ts';

/** The whole text of events in order. */
export function textOf(events: readonly TokenEvent[]): string {
  const text = new TextBuilder(Number.POSITIVE_INFINITY);
  for (const { bytes } of events) text.add(bytes);
  return text.finish().text;
}
