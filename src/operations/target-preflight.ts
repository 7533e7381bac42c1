import type { Finding } from '../domain/finding.ts';
import type { AgentFacts } from '../domain/machine.ts';
import { encodeProbeJob } from '../spool/job-file.ts';
import type { Link } from '../transports/transport.ts';
import { refreshAgent } from './agent-facts.ts';
import { newJobKey } from './job-key.ts';
import type { Parts } from './parts.ts';
import { findingsFor } from './preflight-plan.ts';
import type { Sending } from './send-file.ts';
import { performForTarget } from './target-job.ts';
import { stepTarget } from './target-work.ts';
import type { TargetWork } from './target-work.ts';

/** Whether preflight blocks the target, which then has ended as `incompatible`. */
export async function isBlocked(
  parts: Parts,
  link: Link,
  work: TargetWork,
  agent: AgentFacts | undefined,
  sendings: readonly Sending[],
): Promise<boolean> {
  const toSend = sendings.map(({ file, presentBytes }) => ({ name: file.name, presentBytes }));
  const look = async (facts: AgentFacts | undefined) =>
    (await findingsFor(parts.store, work.machine, facts, work.bundle, toSend)).find(isBlock);
  let block = await look(agent);
  if (agent && block?.code === 'DISK_TOO_SMALL') block = await look(await askAgain(parts, link, work));
  if (!block) return false;
  await stepTarget(parts, work, 'blocked', { code: block.code, detail: block.message });
  return true;
}

const isBlock = (finding: Finding): boolean => finding.level === 'block';

/** What the agent says of the free disk may be as old as its last job. */
async function askAgain(parts: Parts, link: Link, work: TargetWork): Promise<AgentFacts | undefined> {
  const key = newJobKey();
  const job = encodeProbeJob({ ...key, daemon: parts.store.daemonId });
  await performForTarget(parts, link, work, key, job);
  return refreshAgent(parts, work.machine, link);
}
