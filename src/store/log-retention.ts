import type { Database } from './database.ts';

/** So many runs at once, that no transaction keeps others waiting for long. */
const RUNS_AT_ONCE = 50;

/** Lets go of old logs. Runs with their texts and figures, receipts and results are never touched. */
export class LogRetention {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Removes the raw logs and kept files of some runs that ended before `endedBeforeMs`, and marks those runs. Answers how
   * many; 0 when none is left.
   */
  expire(endedBeforeMs: number, atMs: number): Promise<number> {
    return this.#db.write.transaction().execute(async (trx) => {
      const rows = await trx
        .selectFrom('run')
        .select('id')
        .where('endedAtMs', '<', endedBeforeMs)
        .where('endedAtMs', 'is not', null)
        .where('logExpiredAtMs', 'is', null)
        .limit(RUNS_AT_ONCE)
        .execute();
      const ids = rows.map(({ id }) => id);
      if (ids.length === 0) return 0;
      await trx.deleteFrom('runLog').where('runId', 'in', ids).execute();
      await trx.deleteFrom('runFile').where('runId', 'in', ids).execute();
      await trx.updateTable('run').set({ logExpiredAtMs: atMs }).where('id', 'in', ids).execute();
      return ids.length;
    });
  }
}
