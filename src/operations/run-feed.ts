import { DomainError } from '../domain/errors.ts';
import type { Run } from '../domain/run.ts';
import { isRunEnded } from '../domain/run.ts';
import { Waker } from '../lib/waker.ts';
import { OutputReader } from './run-output.ts';
import type { RunFeedItem } from './operations.ts';
import type { Parts } from './parts.ts';

/** Looks again even if no event came: an event may fall between the look and the wait. */
const LOOK_AGAIN_MS = 1_000;

async function requireRun(parts: Pick<Parts, 'store'>, runId: number): Promise<Run> {
  const run = await parts.store.runs.get(runId);
  if (!run) throw new DomainError('NOT_FOUND', `there is no run ${runId}`);
  return run;
}

async function openReader(parts: Pick<Parts, 'store'>, run: Run): Promise<OutputReader> {
  const bundle = await parts.store.bundles.get(run.bundleId);
  if (!bundle) throw new DomainError('BUG', `run ${run.id} has lost its bundle`);
  return new OutputReader(bundle);
}

/** UTF-8 that is cut between two events shows up whole in the second. */
function streamingDecoder(): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder();
  return (bytes) => decoder.decode(bytes, { stream: true });
}

/** The text events of a run so far. Text that ends inside a UTF-8 sequence goes on in the next event. */
export async function* tokenEvents(
  parts: Pick<Parts, 'store'>,
  runId: number,
): AsyncIterable<{ index: number; atMs: number; bytes: Uint8Array; text: string }> {
  const run = await requireRun(parts, runId);
  const reader = await openReader(parts, run);
  const decode = streamingDecoder();
  for await (const bytes of parts.store.runLogs.chunks(runId, 0)) {
    for (const { events } of reader.push(bytes)) {
      for (const event of events) yield { ...event, text: decode(event.bytes) };
    }
  }
  if (!isRunEnded(run.state)) return;
  for (const event of reader.finish().events) yield { ...event, text: decode(event.bytes) };
}

/**
 * Follows a run from a raw log offset until it has ended or `signal` aborts. The stored log is read from its start, so
 * what comes after `fromOffset` is the same whoever reads it and however often.
 */
export async function* followRun(
  parts: Pick<Parts, 'store' | 'events' | 'clock'>,
  runId: number,
  fromOffset: number,
  signal: AbortSignal,
): AsyncIterable<RunFeedItem> {
  const reader = await openReader(parts, await requireRun(parts, runId));
  const decode = streamingDecoder();
  const waker = new Waker();
  const unsubscribe = parts.events.subscribe((event) => {
    if ((event.type === 'log' || event.type === 'run') && event.runId === runId) waker.wake();
  });
  try {
    let readTo = 0;
    let told: string | undefined;
    while (!signal.aborted) {
      const run = await requireRun(parts, runId);
      const state = `${run.state} ${run.code ?? ''}`;
      if (state !== told && !isRunEnded(run.state)) yield stateItem(run);
      told = state;
      for await (const bytes of parts.store.runLogs.chunks(runId, readTo)) {
        readTo += bytes.length;
        yield* afterOffset(reader.push(bytes), decode, fromOffset);
      }
      if (isRunEnded(run.state)) {
        // One past the log's end, so that whoever has this text already is not told it again.
        const rest = { endOffset: readTo + 1, events: reader.finish().events };
        yield* afterOffset([rest], decode, fromOffset);
        yield { kind: 'end', run };
        return;
      }
      await waker.wait(parts.clock, LOOK_AGAIN_MS, signal);
    }
  } finally {
    unsubscribe();
  }
}

function stateItem(run: Run): RunFeedItem {
  return {
    kind: 'state',
    state: run.state,
    ...(run.code !== undefined && { code: run.code }),
    ...(run.detail !== undefined && { detail: run.detail }),
  };
}

function* afterOffset(
  steps: ReturnType<OutputReader['push']>,
  decode: (bytes: Uint8Array) => string,
  fromOffset: number,
): Iterable<RunFeedItem> {
  for (const { endOffset, events } of steps) {
    const text = events.map((event) => decode(event.bytes)).join('');
    const last = events.at(-1);
    if (last && text !== '' && endOffset > fromOffset) {
      yield { kind: 'token', offset: endOffset, atMs: last.atMs, text };
    }
  }
}
