import { DomainError } from '../domain/errors.ts';
import type { AgentFacts, Machine } from '../domain/machine.ts';
import type { Clock } from '../lib/clock.ts';
import { decodeAgentInfo } from '../spool/agent-info.ts';
import { agentInfoPath } from '../spool/paths.ts';
import type { Store } from '../store/open-store.ts';
import type { Link } from '../transports/transport.ts';

const MAX_INFO_BYTES = 16_384;
/** The agent rewrites its NFO in place, so a reader can meet it half-written. */
const READ_TRIES = 5;
const PAUSE_MS = 200;

/** AGENT.NFO as it is now; undefined when there is none. Throws SPOOL_DAMAGED when it stays unreadable. */
export async function readAgent(link: Link, clock: Clock): Promise<AgentFacts | undefined> {
  let why = 'it is not whole';
  for (let attempt = 0; attempt < READ_TRIES; attempt += 1) {
    if (attempt > 0) await clock.sleep(PAUSE_MS);
    try {
      const size = await link.size(agentInfoPath);
      if (size === undefined) return undefined;
      if (size > MAX_INFO_BYTES) {
        why = `it has ${size} bytes`;
        continue;
      }
      const info = decodeAgentInfo(await link.read(agentInfoPath, { maxBytes: MAX_INFO_BYTES }));
      if (info.state === 'ok') return info.facts;
      if (info.state === 'damaged') why = info.why;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (error.code === 'FILE_NOT_FOUND') return undefined;
      if (error.code !== 'FILE_BUSY') throw error;
      why = 'it is in use';
    }
  }
  throw new DomainError('SPOOL_DAMAGED', `AGENT.NFO cannot be used: ${why}`);
}

/** For those who can do without what an agent says of itself. */
export function ignoreDamage(error: unknown): undefined {
  if (error instanceof DomainError && error.code === 'SPOOL_DAMAGED') return undefined;
  throw error;
}

/** Reads AGENT.NFO and keeps it with the machine. */
export async function refreshAgent(
  parts: { store: Store; clock: Clock },
  machine: Machine,
  link: Link,
): Promise<AgentFacts | undefined> {
  const facts = await readAgent(link, parts.clock);
  if (!facts) return undefined;
  await settleBoot(parts.store, machine.id, facts.boot);
  await parts.store.machines.update(
    machine.id,
    { agent: facts, boot: facts.boot, simulated: machine.simulated || facts.simulated },
    parts.clock.nowMs(),
  );
  return facts;
}

/**
 * A changed boot counter means that the machine may have lost power: what was placed there is unverified until measured
 * again. One start is no wonder where the agent was given its turn.
 */
export async function settleBoot(
  store: Pick<Store, 'machines' | 'absences' | 'placements'>,
  machineId: string,
  boot: number,
): Promise<void> {
  const known = (await store.machines.get(machineId))?.boot;
  if (known === undefined || known === boot) return;
  const absence = await store.absences.get(machineId);
  if (absence?.boot !== undefined && boot === absence.boot + 1) return;
  await store.placements.markUnverified(machineId);
}
