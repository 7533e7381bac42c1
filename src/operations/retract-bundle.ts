import type { Bundle } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { AgentFacts } from '../domain/machine.ts';
import { encodeRemoveJob } from '../spool/job-file.ts';
import { bundleOkPath, bundleTempPath, deliveryPath, placeTempPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import type { JobKey } from './jobs.ts';
import type { EndFile } from '../spool/end-file.ts';
import { newJobKey } from './job-key.ts';
import type { Parts } from './parts.ts';

/** Brings a short job of this work to its end. */
export type Perform = (key: JobKey, job: Uint8Array) => Promise<EndFile>;

/**
 * Takes files of a bundle's folder away, BUNDLE.OK before all others, so that a half-empty folder never counts as
 * placed. By the agent where it knows how, which also removes the folder once it is empty; else over the link.
 */
export async function retractBundle(
  parts: Pick<Parts, 'store'>,
  link: Link,
  agent: AgentFacts | undefined,
  bundle: Bundle,
  names: readonly string[],
  perform: Perform,
): Promise<void> {
  if (names.length === 0 || !agent?.kinds.includes('remove')) return removeOverLink(link, bundle, names);
  const key = newJobKey();
  const files = names.map((name) => ({ name }));
  const job = encodeRemoveJob({ ...key, daemon: parts.store.daemonId, dir: bundle.folder, files });
  const { end, bad } = await perform(key, job);
  if (end.reason === 'done') return;
  if (end.reason === 'bad-job') {
    throw new DomainError('JOB_REFUSED', `the agent refused the remove job: ${end.why ?? 'no reason'}`);
  }
  throw new DomainError('FILE_BUSY', `the agent cannot delete ${bad ?? 'a file'} of ${bundle.folder}`);
}

/** The same without an agent; the folder itself stays. */
export async function removeOverLink(link: Link, bundle: Bundle, names: readonly string[]): Promise<void> {
  for (const path of [bundleOkPath, bundleTempPath, placeTempPath]) await link.remove(path(bundle.folder));
  for (const name of names) await link.remove(`${bundle.folder}/${name}`);
  for (const { name, sha256 } of bundle.files) {
    if (names.includes(name)) await link.remove(deliveryPath(bundle.folder, sha256));
  }
}
