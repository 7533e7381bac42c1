import { sql } from 'kysely';
import { asDomainError, DomainError } from '../domain/errors.ts';
import type { Database, Queries, Trx } from './database.ts';

/** Longest row; keeps a read of any part of a log small. */
const ROW_BYTES = 64 * 1024;
/** Appends that come closer together than this share a transaction: each one costs a flush of the disk. */
const BATCH_MS = 50;

interface Append {
  readonly runId: number;
  readonly startOffset: number;
  readonly bytes: Uint8Array;
  readonly done: (error?: unknown) => void;
}

/** The raw logs of runs: the end of the last row is how much of the machine's file is safe here. */
export class RunLogStore {
  readonly #db: Database;
  readonly #batcher: Batcher;

  constructor(db: Database) {
    this.#db = db;
    this.#batcher = new Batcher((appends) => writeAppends(db, appends));
  }

  /**
   * Resolves when the bytes are on the disk. Throws BUG unless `startOffset` is the stored end: nothing twice, no gap;
   * NOT_FOUND without such a run.
   */
  append(runId: number, startOffset: number, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: unknown): void => {
        if (error === undefined) resolve();
        else reject(asDomainError(error));
      };
      this.#batcher.add({ runId, startOffset, bytes, done });
    });
  }

  /** How many bytes are stored; 0 when none are. */
  async end(runId: number): Promise<number> {
    return (await findEnd(this.#db.read, runId)) ?? 0;
  }

  /** At most `maxBytes` from `fromByte` on; empty at or beyond the end. */
  async read(runId: number, fromByte: number, maxBytes: number): Promise<Uint8Array> {
    const rows = await this.#db.read
      .selectFrom('runLog')
      .select(['startOffset', 'bytes'])
      .where('runId', '=', runId)
      .where('startOffset', '<', fromByte + maxBytes)
      .where('startOffset', '>=', (eb) =>
        eb
          .selectFrom('runLog as before')
          .select((inner) =>
            inner.fn.coalesce(inner.fn.max('before.startOffset'), sql.lit(0)).as('startOffset'),
          )
          .where('before.runId', '=', runId)
          .where('before.startOffset', '<=', fromByte),
      )
      .orderBy('startOffset')
      .execute();
    const parts = rows.map(({ startOffset, bytes }) =>
      bytes.subarray(Math.max(0, fromByte - startOffset), fromByte + maxBytes - startOffset),
    );
    const [only] = parts;
    return parts.length === 1 && only ? only : new Uint8Array(Buffer.concat(parts));
  }

  /** Piece by piece from `fromByte` to the end as it is when the last piece is read. */
  async *chunks(runId: number, fromByte: number): AsyncIterable<Uint8Array> {
    for (let position = fromByte; ;) {
      const bytes = await this.read(runId, position, ROW_BYTES);
      if (bytes.length === 0) return;
      yield bytes;
      position += bytes.length;
    }
  }

  /** Rewrites the many small rows of a finished log as few large ones. */
  merge(runId: number): Promise<void> {
    return this.#db.write.transaction().execute((trx) => mergeRows(trx, runId));
  }

  /** Waits for the appends that are under way. */
  close(): Promise<void> {
    return this.#batcher.close();
  }
}

/** Hands appends on in batches, one batch at a time, the first one at once. */
class Batcher {
  readonly #write: (appends: readonly Append[]) => Promise<void>;
  #waiting: Append[] = [];
  #running: Promise<void> | undefined;
  #lastMs = -BATCH_MS;
  #wakeUp: (() => void) | undefined;

  constructor(write: (appends: readonly Append[]) => Promise<void>) {
    this.#write = write;
  }

  add(append: Append): void {
    this.#waiting.push(append);
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#wakeUp?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#pause(Math.max(0, this.#lastMs + BATCH_MS - performance.now()));
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#write(batch);
      this.#lastMs = performance.now();
    }
    this.#running = undefined;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wakeUp?.(), ms);
      this.#wakeUp = () => {
        clearTimeout(timer);
        this.#wakeUp = undefined;
        resolve();
      };
    });
  }
}

/** One transaction for all; an append that is refused does not keep the others from being stored. Never throws. */
async function writeAppends(db: Database, appends: readonly Append[]): Promise<void> {
  try {
    const refused = await db.write.transaction().execute(async (trx) => {
      const refusals = new Map<Append, DomainError>();
      for (const append of appends) {
        const refusal = await insertAppend(trx, append);
        if (refusal) refusals.set(append, refusal);
      }
      return refusals;
    });
    for (const append of appends) append.done(refused.get(append));
  } catch (error) {
    for (const append of appends) append.done(error);
  }
}

async function insertAppend(trx: Trx, append: Append): Promise<DomainError | undefined> {
  const { runId, startOffset, bytes } = append;
  const end = (await findEnd(trx, runId)) ?? (await emptyLogEnd(trx, runId));
  if (end === undefined) return new DomainError('NOT_FOUND', `there is no run ${runId}`);
  if (end !== startOffset) {
    return new DomainError('BUG', `the log of run ${runId} ends at ${end}, not at ${startOffset}`);
  }
  await insertRows(trx, runId, startOffset, bytes);
  return undefined;
}

async function insertRows(trx: Trx, runId: number, startOffset: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    await trx
      .insertInto('runLog')
      .values({ runId, startOffset: startOffset + at, bytes: bytes.subarray(at, at + ROW_BYTES) })
      .execute();
  }
}

async function findEnd(db: Queries, runId: number): Promise<number | undefined> {
  const last = await db
    .selectFrom('runLog')
    .select((eb) => ['startOffset', eb.fn<number>('length', ['bytes']).as('length')])
    .where('runId', '=', runId)
    .orderBy('startOffset', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last && last.startOffset + last.length;
}

async function emptyLogEnd(trx: Trx, runId: number): Promise<number | undefined> {
  const run = await trx.selectFrom('run').select('id').where('id', '=', runId).executeTakeFirst();
  return run && 0;
}

async function mergeRows(trx: Trx, runId: number): Promise<void> {
  const { count } = await trx
    .selectFrom('runLog')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('runId', '=', runId)
    .executeTakeFirstOrThrow();
  const end = (await findEnd(trx, runId)) ?? 0;
  if (count <= Math.ceil(end / ROW_BYTES)) return;
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;
  let position = 0;
  for (let row = await takeRow(trx, runId, 0); row; row = await takeRow(trx, runId, position)) {
    gathered.push(row);
    gatheredBytes += row.length;
    position += row.length;
    if (gatheredBytes < ROW_BYTES) continue;
    const all = Buffer.concat(gathered);
    const full = gatheredBytes - (gatheredBytes % ROW_BYTES);
    // Every old row that began before `position` is gone, so the offsets of the new ones are free.
    await insertRows(trx, runId, position - gatheredBytes, all.subarray(0, full));
    gathered = [all.subarray(full)];
    gatheredBytes -= full;
  }
  await insertRows(trx, runId, position - gatheredBytes, Buffer.concat(gathered));
}

async function takeRow(trx: Trx, runId: number, startOffset: number): Promise<Uint8Array | undefined> {
  const row = await trx
    .deleteFrom('runLog')
    .where('runId', '=', runId)
    .where('startOffset', '=', startOffset)
    .returning('bytes')
    .executeTakeFirst();
  return row?.bytes;
}
