import type { RunEventData } from '../contract/events.ts';
import type { RunFeedItem } from '../operations/operations.ts';
import { presentRunSummary } from './presenters/run.ts';
import { formatEvent, type SseStream } from './sse-stream.ts';

const batchMs = 50;
const maxBatchLength = 65_536;
/** A client that takes nothing for so long is dropped; it may come back with Last-Event-ID. */
const stallMs = 60_000;

function format(item: RunFeedItem): string {
  if (item.kind === 'token') {
    const data: RunEventData['token'] = { offset: item.offset, atMs: item.atMs, text: item.text };
    return formatEvent('token', data, item.offset);
  }
  if (item.kind === 'state') {
    const { kind: _kind, ...data } = item;
    return formatEvent('state', data satisfies RunEventData['state']);
  }
  return formatEvent('end', presentRunSummary(item.run) satisfies RunEventData['end']);
}

/** Sends a run's feed to one client in batches, at the pace of the client, until one of both ends. Throws what the feed throws. */
export async function sendRunFeed(stream: SseStream, feed: AsyncIterable<RunFeedItem>): Promise<void> {
  let batch = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (batch !== '') stream.write(batch);
    batch = '';
  };
  try {
    for await (const item of feed) {
      if (stream.signal.aborted) break;
      batch += format(item);
      timer ??= setTimeout(flush, batchMs);
      if (batch.length >= maxBatchLength) flush();
      await stream.drained(stallMs);
    }
    flush();
  } finally {
    clearTimeout(timer);
  }
}
