import type { Database } from './database.ts';
import { refuseTakenJobId } from './job-ids.ts';

/** A job that is no run's and no target's: saved before it is delivered, removed when nothing of it is on the machine. */
export interface ShortJob {
  readonly jobId: string;
  readonly jobToken: string;
  readonly machineId: string;
}

export class ShortJobStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(job: ShortJob): Promise<void> {
    return this.#db.write.transaction().execute(async (trx) => {
      await refuseTakenJobId(trx, job.jobId);
      await trx.insertInto('shortJob').values(job).execute();
    });
  }

  async remove(jobId: string): Promise<void> {
    await this.#db.write.deleteFrom('shortJob').where('jobId', '=', jobId).execute();
  }

  listFor(machineId: string): Promise<ShortJob[]> {
    return this.#db.read
      .selectFrom('shortJob')
      .selectAll()
      .where('machineId', '=', machineId)
      .orderBy('jobId')
      .execute();
  }
}
