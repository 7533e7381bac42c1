import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEventData } from '../contract/events.ts';
import type { Client } from './client.ts';
import { Patience } from './patience.ts';
import { SseParser } from './sse-parser.ts';

export type RunEvent = {
  readonly [Name in keyof RunEventData]: { readonly type: Name } & RunEventData[Name];
}[keyof RunEventData];

const PAUSE_MS = 500;

const names: readonly string[] = ['token', 'state', 'end'] satisfies (keyof RunEventData)[];

function understand(type: string, data: string): RunEvent | undefined {
  if (!names.includes(type)) return undefined;
  const event: RunEvent = { ...JSON.parse(data), type };
  return event;
}

/**
 * The events of a run from its beginning to its end. A broken connection is taken up again behind the last event.
 * Throws UnreachableError when the daemon stays away, ProblemError when it says no.
 */
export async function* followRun(client: Client, id: number): AsyncGenerator<RunEvent> {
  let lastId: string | undefined;
  const patience = new Patience(client.url);
  for (;;) {
    try {
      const response = await client.open('followRun', {
        params: { id },
        headers: {
          accept: 'text/event-stream',
          ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
        },
      });
      const parser = new SseParser();
      for await (const bytes of response.body ?? []) {
        patience.heard();
        for (const { event, data, id: eventId } of parser.push(bytes)) {
          lastId = eventId ?? lastId;
          const known = understand(event, data);
          if (known) yield known;
          if (known?.type === 'end') return;
        }
      }
    } catch (error) {
      client.signal?.throwIfAborted();
      patience.bear(error);
    }
    await sleep(PAUSE_MS, undefined, client.signal ? { signal: client.signal } : {});
  }
}
