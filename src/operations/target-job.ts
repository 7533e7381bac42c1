import type { EndFile } from '../spool/end-file.ts';
import type { Link } from '../transports/transport.ts';
import type { JobKey } from './jobs.ts';
import type { Parts } from './parts.ts';
import { performOrSettle } from './settle-job.ts';
import { publishTarget } from './target-work.ts';
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
  let isAsked = false;
  const onKeyboard = (): Promise<void> => {
    isAsked = true;
    return sayKeyboard(parts, work);
  };
  const person = { keyPatienceMs: parts.settings.deploy.giveUpMs, onKeyboard };
  const end = await performOrSettle(parts, link, key, job, work, person);
  const nothing = { code: null, detail: null };
  if (isAsked) await parts.store.deployments.updateTarget(deployment.id, machine.id, nothing);
  return end;
}

/** While a person is waited for, another machine can be sent to. */
async function sayKeyboard(parts: Parts, { deployment, machine, allSent }: TargetWork): Promise<void> {
  allSent();
  const { deployments } = parts.store;
  const detail = `somebody has to end the FTP server of ${machine.name}, so that its agent can work`;
  await deployments.updateTarget(deployment.id, machine.id, { code: 'WAITING_FOR_KEYBOARD', detail });
  const target = await deployments.target(deployment.id, machine.id);
  if (target) publishTarget(parts, target);
}
