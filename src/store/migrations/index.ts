import type { Migration } from 'kysely';
import { first } from './0001-first.ts';
import { deployments } from './0002-deployments.ts';
import { runs } from './0003-runs.ts';
import { benchmarks } from './0004-benchmarks.ts';
import { requests } from './0005-requests.ts';
import { indexes } from './0006-indexes.ts';
import { retention } from './0007-retention.ts';
import { shortJobs } from './0008-short-jobs.ts';
import { agentUpdates } from './0009-agent-updates.ts';
import { absences } from './0010-absences.ts';
import { visitors } from './0011-visitors.ts';

/** All changes of the database's shape, in their order. A released one is never edited; a new one is added below. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-first': first,
  '0002-deployments': deployments,
  '0003-runs': runs,
  '0004-benchmarks': benchmarks,
  '0005-requests': requests,
  '0006-indexes': indexes,
  '0007-retention': retention,
  '0008-short-jobs': shortJobs,
  '0009-agent-updates': agentUpdates,
  '0010-absences': absences,
  '0011-visitors': visitors,
};
