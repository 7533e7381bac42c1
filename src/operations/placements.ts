import type { Bundle } from '../domain/bundle.ts';
import type { NewReceipt } from '../store/receipts.ts';
import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import { decodeBundleOk } from '../spool/bundle-ok.ts';
import type { EndFile } from '../spool/end-file.ts';
import type { MeasuredFile } from '../spool/fields.ts';
import { encodeVerifyJob } from '../spool/job-file.ts';
import { bundleOkPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { newJobKey } from './job-key.ts';
import { performJob } from './jobs.ts';
import type { Parts } from './parts.ts';

const MAX_BUNDLE_OK_BYTES = 16_384;

/** Whether the measured files are exactly the bundle's, by name, size and CRC-32. */
export function matchesBundle(bundle: Bundle, files: readonly MeasuredFile[]): boolean {
  if (files.length !== bundle.files.length) return false;
  const byName = new Map(files.map((file) => [file.name, file]));
  return bundle.files.every((file) => {
    const seen = byName.get(file.name);
    return seen?.sizeBytes === file.sizeBytes && seen.crc32 === file.crc32;
  });
}

/** Whether the machine has a BUNDLE.OK that speaks of exactly this bundle's files. It does not measure them. */
export async function hasBundleOk(link: Link, bundle: Bundle): Promise<boolean> {
  try {
    const read = decodeBundleOk(
      await link.read(bundleOkPath(bundle.folder), { maxBytes: MAX_BUNDLE_OK_BYTES }),
    );
    return read.state === 'ok' && matchesBundle(bundle, read.files);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'FILE_NOT_FOUND') return false;
    throw error;
  }
}

/** Lets the agent measure the files of a placed bundle. The END's reason says whether all are right. */
export async function verifyBundle(
  parts: Parts,
  link: Link,
  bundle: Bundle,
  signal?: AbortSignal,
): Promise<EndFile> {
  const key = newJobKey();
  const job = encodeVerifyJob({
    ...key,
    daemon: parts.store.daemonId,
    dir: bundle.folder,
    files: bundle.files,
  });
  return performJob(parts, link, key, job, signal);
}

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
): Promise<void> {
  const reference = `${bundle.name}@${bundle.version}`;
  const placement = await parts.store.placements.get(machine.id, bundle.id);
  if (!placement) throw new DomainError('NOT_DEPLOYED', `${reference} is not on ${machine.name}`);
  if (placement.verified) return;
  const end = await verifyBundle(parts, link, bundle, signal);
  if (end.end.reason !== 'done' || !matchesBundle(bundle, end.files)) {
    const which = end.bad ?? 'a file';
    throw new DomainError(
      'NOT_DEPLOYED',
      `${which} of ${reference} on ${machine.name} is not as it was placed`,
    );
  }
  await parts.store.placements.put({ ...placement, verified: true });
}

/** What the agent's own CRC proves about each file of a bundle. */
export function agentReceipts(
  bundle: Bundle,
  machine: Machine,
  deployment: { id: number; requestedBy: string },
  atMs: number,
): NewReceipt[] {
  return bundle.files.map((file) => ({
    machineId: machine.id,
    machineName: machine.name,
    deploymentId: deployment.id,
    bundleId: bundle.id,
    path: `${bundle.folder}/${file.name}`,
    sizeBytes: file.sizeBytes,
    sha256: file.sha256,
    crc32: file.crc32,
    method: 'agent-crc',
    requestedBy: deployment.requestedBy,
    atMs,
  }));
}
