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
  /** Ids of those that this process waits for at this moment. */
  readonly #underWay = new Set<string>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Saves a job and does it: it is forgotten once that is done, and left over when it fails. */
  async during<T>(job: ShortJob, perform: () => Promise<T>): Promise<T> {
    await this.#db.write.transaction().execute(async (trx) => {
      await refuseTakenJobId(trx, job.jobId);
      await trx.insertInto('shortJob').values(job).execute();
      this.#underWay.add(job.jobId);
    });
    try {
      const result = await perform();
      await this.remove(job.jobId);
      return result;
    } finally {
      this.#underWay.delete(job.jobId);
    }
  }

  async remove(jobId: string): Promise<void> {
    await this.#db.write.deleteFrom('shortJob').where('jobId', '=', jobId).execute();
  }

  /** Those that broke off. A probe or a kill passes through lanes, so one may be under way: that one is not left over. */
  async leftOn(machineId: string): Promise<ShortJob[]> {
    const jobs = await this.#db.read
      .selectFrom('shortJob')
      .selectAll()
      .where('machineId', '=', machineId)
      .orderBy('jobId')
      .execute();
    return jobs.filter(({ jobId }) => !this.#underWay.has(jobId));
  }
}
