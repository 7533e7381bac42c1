import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { Made, RequestKey } from '../domain/request.ts';
import type { ApiParts } from './parts.ts';

interface Asked {
  readonly asker: string;
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly body: unknown;
  readonly headers: { readonly 'idempotency-key'?: string };
}

/** The same fields in another order are the same request. */
const sorted = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;

function keyOf({ asker, method, url, body, headers }: Asked): RequestKey | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  const hash = createHash('sha256')
    .update(JSON.stringify([method, url, body], sorted))
    .digest('hex');
  return { asker, key, hash, atMs: Date.now() };
}

/**
 * Carries a request out once per Idempotency-Key. `create` must keep the key in the transaction that makes things;
 * a request that comes again is answered by `again`, from what is there now. Throws IDEMPOTENCY_KEY_REUSED.
 */
export async function once<Answer>(
  { store }: ApiParts,
  asked: Asked,
  reply: FastifyReply,
  how: {
    create: (request: { request?: RequestKey }) => Promise<Answer>;
    again: (made: Made) => Promise<Answer>;
  },
): Promise<Answer> {
  const key = keyOf(asked);
  if (!key) return how.create({});
  const replay = (made: Made): Promise<Answer> => {
    reply.header('idempotent-replay', 'true');
    return how.again(made);
  };
  const before = await store.requests.find(key);
  if (before) return replay(before);
  try {
    return await how.create({ request: key });
  } catch (error) {
    // An equal request may have come at the same time: its key keeps this one's transaction out.
    const quicker = await store.requests.find(key);
    if (!quicker) throw error;
    return replay(quicker);
  }
}
