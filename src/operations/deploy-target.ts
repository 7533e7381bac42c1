import type { EndFile } from '../spool/end-file.ts';
import type { Link } from '../transports/transport.ts';
import { refreshAgent } from './agent-facts.ts';
import { deliverDirectly } from './deliver-directly.ts';
import type { Parts } from './parts.ts';
import { placeByAgent } from './place-by-agent.ts';
import { noAgentBrought } from './probe.ts';
import { settleJob } from './settle-job.ts';
import { settleLeftovers } from './settle-leftovers.ts';
import type { TargetWork } from './target-work.ts';

/**
 * Brings one machine of a deployment from `preflight` to an end state. What it throws decides what becomes of the
 * target: an error that may heal postpones it, any other fails it.
 */
export async function deployTarget(parts: Parts, work: TargetWork): Promise<void> {
  await parts.sessions.with(work.machine.id, async (link) => {
    const earlier = await settleEarlierJob(parts, link, work);
    await settleLeftovers(parts, link, work.machine.id, work.signal);
    const agent = link.freshAgent ?? (await refreshAgent(parts, work.machine, link));
    if (agent) await placeByAgent(parts, link, work, { agent, earlier });
    else if (link.abilities.visits) throw noAgentBrought(work.machine.name);
    else await deliverDirectly(parts, link, work);
  });
}

/** A job of an earlier try may still move staged files about. */
async function settleEarlierJob(
  parts: Parts,
  link: Link,
  { target, signal }: TargetWork,
): Promise<EndFile | undefined> {
  const { jobId, jobToken } = target;
  if (jobId === undefined || jobToken === undefined) return undefined;
  return settleJob(parts, link, { id: jobId, token: jobToken }, signal);
}
