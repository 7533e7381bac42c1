import type { EndFile } from '../spool/end-file.ts';
import type { Link } from '../transports/transport.ts';
import type { JobKey } from './jobs.ts';
import type { Parts } from './parts.ts';
import { performOrSettle } from './settle-job.ts';
import type { TargetWork } from './target-work.ts';

/** Brings a short job of a target to its end; its id is saved before, so that a later try finds what became of it. */
export async function performForTarget(
  parts: Parts,
  link: Link,
  work: TargetWork,
  key: JobKey,
  job: Uint8Array,
): Promise<EndFile> {
  const { deployment, machine } = work;
  const saved = { jobId: key.id, jobToken: key.token };
  await parts.store.deployments.updateTarget(deployment.id, machine.id, saved);
  return performOrSettle(parts, link, key, job, work);
}
