import type { ReceiptMethod } from '../domain/deployment.ts';
import { DomainError } from '../domain/errors.ts';
import { encodeBundleOk } from '../spool/bundle-ok.ts';
import { bundleOkPath, bundleTempPath, deliveryPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { newJobKey } from './job-key.ts';
import { checkOverLink, readMarker } from './measure-bundle.ts';
import type { FileCheck } from './measure-bundle.ts';
import type { Parts } from './parts.ts';
import { distrustPlacement } from './placements.ts';
import { checkSent, presentBytes, sendFile } from './send-file.ts';
import type { Sending } from './send-file.ts';
import { isBlocked } from './target-preflight.ts';
import { TargetProgress } from './target-progress.ts';
import { finishCurrent, finishTarget, stepTarget } from './target-work.ts';
import type { TargetWork } from './target-work.ts';

/**
 * Brings a bundle to a machine that has no agent: each file under a temporary name into the bundle's folder, its size and
 * its bytes compared over the link, then renamed; BUNDLE.OK last, so that half a bundle never counts as placed.
 */
export async function deliverDirectly(parts: Parts, link: Link, work: TargetWork): Promise<void> {
  const { bundle, machine } = work;
  const marker = await readMarker(link, bundle);
  const checks = await checkFiles(parts, link, work);
  const bad = checks.filter(({ state }) => state !== 'ok');
  if (marker === 'right' && bad.length === 0) return finishCurrent(parts, work, checks);
  await distrustPlacement(parts, machine.id, bundle.id);

  const sendings = await planSendings(link, work, bad);
  if (await isBlocked(parts, link, work, undefined, sendings)) return;
  const progress = new TargetProgress(parts, work, sendings);
  await stepTarget(parts, work, 'cleared', progress.figures());
  await link.remove(bundleOkPath(bundle.folder));
  for (const folder of ['B', bundle.folder]) await link.makeFolder(folder);
  const methods = new Map(checks.map(({ file, method }) => [file.name, method]));
  for (const sending of sendings) {
    methods.set(sending.file.name, await deliver(parts, link, work, sending, progress));
  }
  await stepTarget(parts, work, 'sent', progress.figures());
  for (const { file } of sendings) await checkSent(link, { file, path: `${bundle.folder}/${file.name}` });
  await stepTarget(parts, work, 'verified');
  await publish(parts, link, work);
  await finishTarget(parts, work, 'placed', methods);
}

async function checkFiles(parts: Parts, link: Link, { bundle, signal }: TargetWork): Promise<FileCheck[]> {
  const checks: FileCheck[] = [];
  for (const file of bundle.files) {
    signal.throwIfAborted();
    const path = `${bundle.folder}/${file.name}`;
    checks.push(await checkOverLink(link, path, file, parts.settings.deploy.readBackMaxBytes));
  }
  return checks;
}

async function planSendings(
  link: Link,
  { bundle }: TargetWork,
  bad: readonly FileCheck[],
): Promise<Sending[]> {
  const sendings: Sending[] = [];
  for (const { file } of bad) {
    const path = deliveryPath(bundle.folder, file.sha256);
    sendings.push({ file, path, presentBytes: await presentBytes(link, path, file) });
  }
  return sendings;
}

/** One file to its place; answers by what it is proven. */
async function deliver(
  parts: Parts,
  link: Link,
  work: TargetWork,
  planned: Sending,
  progress: TargetProgress,
): Promise<ReceiptMethod> {
  const { file, path } = planned;
  // A file with the same bytes may have been delivered from this name just now.
  const sending = { file, path, presentBytes: await presentBytes(link, path, file) };
  await sendFile(parts, link, work, sending, progress);
  await checkSent(link, sending);
  const check = await checkOverLink(link, path, file, parts.settings.deploy.readBackMaxBytes);
  if (check.state !== 'ok') {
    await link.remove(path);
    throw new DomainError('VERIFY_MISMATCH', `other bytes of ${file.name} came back than were sent`);
  }
  const place = `${work.bundle.folder}/${file.name}`;
  await link.remove(place);
  await link.rename(path, place);
  return check.method;
}

async function publish(parts: Parts, link: Link, { bundle, signal }: TargetWork): Promise<void> {
  signal.throwIfAborted();
  const temporary = bundleTempPath(bundle.folder);
  const mark = { ...newJobKey(), daemon: parts.store.daemonId };
  await link.write(temporary, encodeBundleOk({ ...mark, files: bundle.files }));
  await link.rename(temporary, bundleOkPath(bundle.folder));
}
