import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { asDomainError, DomainError } from '../domain/errors.ts';
import type { Database, Queries, Trx } from './database.ts';

/** At most so much is merged in one transaction, of so many rows. */
const MERGE_BYTES = 4 * 1024 * 1024;
const MERGE_ROWS = 1_000;

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

/** Told of log bytes that are on the disk, and how long they waited for that. */
export type OnAppended = (bytes: number, waitedMs: number) => void;

/** The raw logs of runs: the end of the last row is how much of the machine's file is safe here. */
export class RunLogStore {
  readonly #db: Database;
  readonly #batcher: Batcher;
  readonly #onAppended: OnAppended;

  constructor(db: Database, onAppended: OnAppended = () => {}) {
    this.#db = db;
    this.#onAppended = onAppended;
    this.#batcher = new Batcher((appends) => writeAppends(db, appends));
  }

  /**
   * Resolves when the bytes are on the disk. Throws BUG unless `startOffset` is the stored end: nothing twice, no gap;
   * NOT_FOUND without such a run.
   */
  append(runId: number, startOffset: number, bytes: Uint8Array): Promise<void> {
    const begunMs = performance.now();
    return new Promise((resolve, reject) => {
      const done = (error?: unknown): void => {
        if (error !== undefined) return reject(asDomainError(error));
        this.#onAppended(bytes.length, performance.now() - begunMs);
        resolve();
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
      // The database answers at once: without this a long log would keep everybody else waiting.
      await setImmediate();
    }
  }

  /** Rewrites the many small rows of a finished log as few large ones, a part at a time, so that others get through. */
  async merge(runId: number): Promise<void> {
    if (await isMerged(this.#db.read, runId)) return;
    for (let from: number | undefined = 0; from !== undefined; await setImmediate()) {
      const part: number = from;
      from = await this.#db.write.transaction().execute((trx) => mergePart(trx, runId, part));
    }
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

/** Nothing twice, no gap: answers what is wrong with it. */
export async function insertAppend(
  trx: Trx,
  append: Pick<Append, 'runId' | 'startOffset' | 'bytes'>,
): Promise<DomainError | undefined> {
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

async function isMerged(db: Queries, runId: number): Promise<boolean> {
  const { count } = await db
    .selectFrom('runLog')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('runId', '=', runId)
    .executeTakeFirstOrThrow();
  return count <= Math.ceil(((await findEnd(db, runId)) ?? 0) / ROW_BYTES);
}

/**
 * Merges the rows from `from` on, until enough was moved or the log ends. Answers where to go on; undefined at the end.
 * The log is whole before and after.
 */
async function mergePart(trx: Trx, runId: number, from: number): Promise<number | undefined> {
  const gathered: Uint8Array[] = [];
  let position = from;
  let row: Uint8Array | undefined;
  while (position - from < MERGE_BYTES && gathered.length < MERGE_ROWS) {
    row = await takeRow(trx, runId, position);
    if (!row) break;
    gathered.push(row);
    position += row.length;
  }
  // Every old row that began before `position` is gone, so the offsets of the new ones are free.
  await insertRows(trx, runId, from, Buffer.concat(gathered));
  if (!row) return undefined;
  // The last row may be a short one: the next part begins with it.
  return position - ((position - from) % ROW_BYTES);
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
