import { DomainError } from '../domain/errors.ts';
import type { Queries, Trx } from './database.ts';

/**
 * Job ids name files on machines, so they are unique over runs, targets and short jobs together. To be asked in the transaction
 * that saves the id: as only one writes at a time, what is free then stays free. Throws BUG.
 */
export async function refuseTakenJobId(trx: Trx, jobId: string): Promise<void> {
  if (await isJobIdTaken(trx, jobId)) throw new DomainError('BUG', `the job id ${jobId} was drawn twice`);
}

export async function isJobIdTaken(db: Queries, jobId: string): Promise<boolean> {
  const run = await db.selectFrom('run').select('jobId').where('jobId', '=', jobId).executeTakeFirst();
  if (run) return true;
  const target = await db.selectFrom('target').select('jobId').where('jobId', '=', jobId).executeTakeFirst();
  if (target) return true;
  const short = await db.selectFrom('shortJob').select('jobId').where('jobId', '=', jobId).executeTakeFirst();
  return short !== undefined;
}
