import type { Bundle } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import type { EndFile } from '../spool/end-file.ts';
import { encodeVerifyJob } from '../spool/job-file.ts';
import type { Link } from '../transports/transport.ts';
import { newJobKey } from './job-key.ts';
import type { JobKey } from './jobs.ts';
import { matchesBundle } from './measure-bundle.ts';
import type { Parts } from './parts.ts';
import { performShortJob } from './short-job.ts';
import type { ForPerson } from './turns.ts';

/** The job by which the agent measures the files of a placed bundle. */
export const verifyJob = (parts: Pick<Parts, 'store'>, key: JobKey, bundle: Bundle): Uint8Array =>
  encodeVerifyJob({ ...key, daemon: parts.store.daemonId, dir: bundle.folder, files: bundle.files });

const isWhole = (bundle: Bundle, { end, files }: EndFile): boolean =>
  end.reason === 'done' && matchesBundle(bundle, files);

/**
 * Makes sure that the bundle lies on the machine as it was placed: known, with its BUNDLE.OK, and measured again since
 * the agent's last start. Throws NOT_DEPLOYED otherwise.
 */
export async function requirePlaced(
  parts: Parts,
  link: Link,
  machine: Machine,
  bundle: Bundle,
  signal?: AbortSignal,
  person?: ForPerson,
): Promise<void> {
  const reference = `${bundle.name}@${bundle.version}`;
  const placement = await parts.store.placements.get(machine.id, bundle.id);
  if (!placement) throw new DomainError('NOT_DEPLOYED', `${reference} is not on ${machine.name}`);
  if (placement.verified) return;
  const key = newJobKey();
  const job = verifyJob(parts, key, bundle);
  const end = await performShortJob(parts, link, machine.id, key, job, signal, person);
  if (!isWhole(bundle, end)) {
    const which = end.bad ?? 'a file';
    throw new DomainError(
      'NOT_DEPLOYED',
      `${which} of ${reference} on ${machine.name} is not as it was placed`,
    );
  }
  await parts.store.placements.put({ ...placement, verified: true });
}

/** Marks a placement as unproven, so that nothing runs there before it was measured again. */
export async function distrustPlacement(
  parts: Pick<Parts, 'store'>,
  machineId: string,
  bundleId: number,
): Promise<void> {
  const placement = await parts.store.placements.get(machineId, bundleId);
  if (placement?.verified) await parts.store.placements.put({ ...placement, verified: false });
}
