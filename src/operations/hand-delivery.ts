import type { Bundle } from '../domain/bundle.ts';
import { encodePlaceJob } from '../spool/job-file.ts';
import { stagePath } from '../spool/paths.ts';
import { newJobKey } from './job-key.ts';
import type { HandDelivery } from './operations.ts';
import type { Parts } from './parts.ts';

/** The job by which an agent places the files that somebody has copied into its STAGE, and so compares their sums. */
export function handDelivery({ store }: Pick<Parts, 'store'>, bundle: Bundle): HandDelivery {
  const key = newJobKey();
  const files = bundle.files.map((file) => ({ ...file, source: stagePath(file.sha256) }));
  const job = encodePlaceJob({ ...key, daemon: store.daemonId, dir: bundle.folder, files });
  return {
    bundle,
    jobId: key.id,
    job,
    files: files.map(({ name, source, sha256, sizeBytes }) => ({ name, stage: source, sha256, sizeBytes })),
  };
}
