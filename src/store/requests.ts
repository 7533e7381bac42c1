import { DomainError } from '../domain/errors.ts';
import type { Made, RequestKey } from '../domain/request.ts';
import type { Database, Trx } from './database.ts';
import { isMade } from './json-shapes.ts';
import { fromJson } from './row-values.ts';

export class RequestStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * What the same request made before; undefined for a new key. Throws IDEMPOTENCY_KEY_REUSED for another request. Asks
   * the connection that writes: what keeps a second request out may be on its way to the disk only.
   */
  async find({ asker, key, hash }: Omit<RequestKey, 'atMs'>): Promise<Made | undefined> {
    const row = await this.#db.write
      .selectFrom('request')
      .select(['hash', 'made'])
      .where('asker', '=', asker)
      .where('key', '=', key)
      .executeTakeFirst();
    if (!row) return undefined;
    if (row.hash === hash) return fromJson(row.made, isMade, 'request.made');
    throw new DomainError('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key came with another request before');
  }

  /** Forgets the keys of requests that came before a time. */
  async forgetBefore(atMs: number): Promise<void> {
    await this.#db.write.deleteFrom('request').where('atMs', '<', atMs).execute();
  }
}

/**
 * Keeps the key in the transaction that makes what was asked for, so that both are there or neither. Fails when the key
 * is there already, and with it the transaction: then somebody else was quicker.
 */
export async function insertRequest(trx: Trx, request: RequestKey | undefined, made: Made): Promise<void> {
  if (!request) return;
  const { asker, key, hash, atMs } = request;
  await trx
    .insertInto('request')
    .values({ asker, key, hash, atMs, made: JSON.stringify(made) })
    .execute();
}
