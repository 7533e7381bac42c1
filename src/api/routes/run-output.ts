import { Readable } from 'node:stream';
import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { routes } from '../../contract/routes.ts';
import { DomainError } from '../../domain/errors.ts';
import type { TokenEvent } from '../../domain/token-log.ts';
import type { ApiStore } from '../api-store.ts';
import { asDownload } from '../download.ts';
import { found } from '../found.ts';
import type { ApiParts } from '../parts.ts';
import { presentToken } from '../presenters/run.ts';
import { isoTime } from '../presenters/time.ts';
import { at } from '../route-options.ts';
import { sendRunFeed } from '../run-feed.ts';

const chunkBytes = 65_536;

async function* logBytes(
  store: ApiStore,
  runId: number,
  from: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  let offset = from;
  while (offset < end) {
    const bytes = await store.runLogs.read(runId, offset, Math.min(chunkBytes, end - offset));
    if (bytes.length === 0) return;
    yield bytes;
    offset += bytes.length;
  }
}

async function* tokenLines(
  tokens: AsyncIterable<TokenEvent & { readonly text: string }>,
): AsyncGenerator<string> {
  for await (const token of tokens) yield `${JSON.stringify(presentToken(token))}\n`;
}

/** Where to go on: the raw log offset that the client saw last. */
function offsetOf(lastEventId: string | string[] | undefined): number {
  if (lastEventId === undefined || lastEventId === '') return 0;
  if (typeof lastEventId === 'string' && /^[0-9]{1,15}$/.test(lastEventId)) return Number(lastEventId);
  throw new DomainError(
    'INVALID_REQUEST',
    'Last-Event-ID must be a log offset as an event of this run gave it',
  );
}

/** What a run printed: raw, as tokens, and live. */
export const runOutputRoutes: FastifyPluginCallbackTypebox<ApiParts> = (
  app,
  { store, operations, hub },
  done,
) => {
  const known = async (id: number) => found(await store.runs.get(id), `run ${id}`);
  const withLog = async (id: number): Promise<void> => {
    const { logExpiredAtMs } = await known(id);
    if (logExpiredAtMs === undefined) return;
    throw new DomainError('LOG_EXPIRED', `the log of run ${id} was removed on ${isoTime(logExpiredAtMs)}`);
  };

  app.route({
    ...at(routes.readRunLog),
    handler: async ({ params: { id }, query: { from = 0 } }, reply) => {
      await withLog(id);
      const end = Math.max(from, await store.runLogs.end(id));
      asDownload(reply, 'application/octet-stream', `run-${id}.log`).header('content-length', end - from);
      return reply.send(Readable.from(logBytes(store, id, from, end), { objectMode: false }));
    },
  });

  app.route({
    ...at(routes.readRunTokens),
    handler: async ({ params: { id } }, reply) => {
      await withLog(id);
      asDownload(reply, 'application/jsonl; charset=utf-8', `run-${id}.jsonl`);
      return reply.send(Readable.from(tokenLines(operations.tokenEvents(id)), { objectMode: false }));
    },
  });

  app.route({
    ...at(routes.followRun),
    exposeHeadRoute: false,
    handler: async ({ params: { id }, headers, log }, reply) => {
      await known(id);
      const from = offsetOf(headers['last-event-id']);
      const stream = hub.open(reply);
      try {
        await sendRunFeed(stream, operations.followRun(id, from, stream.signal));
      } catch (thrown) {
        // The headers are gone; the client comes back with Last-Event-ID.
        if (!stream.signal.aborted) log.error({ err: thrown, run: id }, 'following a run failed');
      } finally {
        stream.end();
      }
      return reply;
    },
  });
  done();
};
