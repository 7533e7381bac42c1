import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const lookMs = 20;

/** Settles when no job waits in a spool and none is worked on, or when nobody works there any more. */
export async function whenIdle(spoolFolder: string, isWorkedOn: () => boolean): Promise<void> {
  // First those that wait: a job that is taken between the looks is seen in one of them.
  while (isWorkedOn() && (hasJobs(spoolFolder, 'IN', 'JOB') || hasJobs(spoolFolder, 'RUN', 'RUN'))) {
    await delay(lookMs);
  }
}

function hasJobs(spoolFolder: string, folder: string, ending: string): boolean {
  const job = new RegExp(`^[0-9A-F]{8}[.]${ending}$`);
  return readdirSync(join(spoolFolder, folder)).some((name) => job.test(name));
}
