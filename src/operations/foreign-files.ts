import { asDomainError } from '../domain/errors.ts';
import type { Link } from '../transports/transport.ts';
import type { Parts } from './parts.ts';

/** More names help nobody. */
const MAX_NAMES = 20;
const jobFile = /^([0-9A-F]{8})\.(JOB|RUN|LOG|END|TMP|K[1-9])$/;

/**
 * Files in the spool of jobs that this daemon does not know: another daemon's, or those of one whose data was lost. They
 * are told to a person and otherwise left alone. A server that does not list its folders just leaves them unknown.
 */
export async function findForeignFiles(parts: Pick<Parts, 'store' | 'log'>, link: Link): Promise<string[]> {
  const foreign: string[] = [];
  try {
    for (const folder of ['IN', 'RUN', 'OUT']) {
      for (const name of (await link.list(folder)).map((one) => one.toUpperCase()).toSorted()) {
        const jobId = jobFile.exec(name)?.[1];
        if (jobId === undefined || (await parts.store.runs.knowsJob(jobId))) continue;
        foreign.push(`${folder}/${name}`);
        if (foreign.length === MAX_NAMES) return foreign;
      }
    }
  } catch (error) {
    parts.log.debug({ code: asDomainError(error).code }, 'the server does not list its folders');
  }
  return foreign;
}
