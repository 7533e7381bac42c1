import { DomainError } from '../domain/errors.ts';
import type { AgentFacts, Machine, MachineServer } from '../domain/machine.ts';
import { encodeProbeJob } from '../spool/job-file.ts';
import { agentInfoPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { readAgent } from './agent-facts.ts';
import { findForeignFiles } from './foreign-files.ts';
import { checkIdentity, readIdentity, writeIdentity } from './identity.ts';
import { newJobKey } from './job-key.ts';
import { measureLink } from './measure-link.ts';
import type { Parts } from './parts.ts';
import { performShortJob } from './short-job.ts';

/** Where old servers are found to show the folder, most likely first. */
const USUAL_SPOOLS = ['/FLEET98', '/C/FLEET98', '/C:/FLEET98', '/DRIVE_C/FLEET98', '/fleet98'];

/**
 * Makes the acquaintance of a machine: logs in, finds the spool, checks or issues the identity, proves that bytes
 * arrive unchanged, learns what server and agent can do. `adopt` takes over a machine whose identity is missing or
 * another daemon's. Throws the first thing that stands in the way.
 */
export async function probe(parts: Parts, machine: Machine, adopt: boolean): Promise<Machine> {
  const spool = await findSpool(parts, machine);
  return parts.sessions.withUnchecked(machine, spool, async (link) => {
    await claimIdentity(parts, link, machine, adopt);
    const measured = await measureLink(link, parts.clock);
    const agent = await greetAgent(parts, link, machine.id);
    const foreignFiles = await findForeignFiles(parts, link);
    const server: MachineServer = {
      ...(await link.describeServer()),
      ...measured,
      ...(foreignFiles.length > 0 && { foreignFiles }),
    };
    return keep(parts, machine, { spool, server, agent });
  });
}

/** The spool that a person named, or the usual place that has an agent's NFO, or the first that is a folder at all. */
async function findSpool(parts: Parts, machine: Machine): Promise<string> {
  const candidates = machine.spool === undefined ? USUAL_SPOOLS : [machine.spool];
  return parts.sessions.withUnchecked(machine, '/', async (root) => {
    const folders: string[] = [];
    for (const path of candidates) {
      if (!(await root.folderExists(path))) continue;
      if ((await root.size(`${path.replace(/^\//, '')}/${agentInfoPath}`)) !== undefined) return path;
      folders.push(path);
    }
    const [first] = folders;
    if (first !== undefined) return first;
    throw new DomainError(
      'SPOOL_NOT_FOUND',
      `${machine.name} shows none of the folders ${candidates.join(', ')}`,
    );
  });
}

/** A machine that is new here gets its id now; any other must show the one it got. */
async function claimIdentity(parts: Parts, link: Link, machine: Machine, adopt: boolean): Promise<void> {
  const { daemonId } = parts.store;
  const found = await readIdentity(link);
  const unowned = found.daemonId === undefined || found.daemonId === daemonId;
  const fresh = machine.state === 'new' && unowned && found.machineId === undefined;
  if (fresh || adopt) {
    await refuseKnownMachine(parts, found.machineId, machine, unowned);
    await writeIdentity(link, machine.id, daemonId);
    return;
  }
  checkIdentity(found, { machineId: machine.id, daemonId, name: machine.name });
}

/** Adopting must not steal the spool of another machine that this daemon still has in its inventory. */
async function refuseKnownMachine(
  parts: Parts,
  foundId: string | undefined,
  machine: Machine,
  ours: boolean,
): Promise<void> {
  if (!ours || foundId === undefined || foundId === machine.id) return;
  const other = await parts.store.machines.get(foundId);
  if (!other || other.state === 'retired') return;
  throw new DomainError('WRONG_MACHINE', `what answers there is registered as ${other.name}`);
}

/** Whether the agent is alive shows only in an answer: an NFO may be years old. */
async function greetAgent(parts: Parts, link: Link, machineId: string): Promise<AgentFacts | undefined> {
  const before = await readAgent(link, parts.clock);
  if (!before) return undefined;
  const key = newJobKey();
  const job = encodeProbeJob({ ...key, daemon: parts.store.daemonId });
  await performShortJob(parts, link, machineId, key, job);
  return readAgent(link, parts.clock);
}

async function keep(
  parts: Parts,
  machine: Machine,
  found: { spool: string; server: MachineServer; agent: AgentFacts | undefined },
): Promise<Machine> {
  const { spool, server, agent } = found;
  const now = parts.clock.nowMs();
  const rebooted = agent && machine.boot !== undefined && machine.boot !== agent.boot;
  if (rebooted) await parts.store.placements.markUnverified(machine.id);
  const updated = await parts.store.machines.update(
    machine.id,
    {
      spool,
      server,
      agent: agent ?? null,
      simulated: machine.simulated || agent?.simulated === true,
      state: machine.state === 'new' ? 'ready' : machine.state,
      health: 'good',
      lastContactAtMs: now,
      lastError: null,
      ...(agent && { boot: agent.boot }),
    },
    now,
  );
  parts.events.publish({
    type: 'machine',
    machine: updated.name,
    state: updated.state,
    health: updated.health,
  });
  return updated;
}
