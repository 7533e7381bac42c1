import { DomainError } from '../domain/errors.ts';
import type { AgentFacts, Machine, MachineServer } from '../domain/machine.ts';
import { agentFile } from '../domain/ready-program.ts';
import { randomHex } from '../lib/random-id.ts';
import { encodeProbeJob } from '../spool/job-file.ts';
import { agentInfoPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { readAgent, settleBoot } from './agent-facts.ts';
import { checkWords } from './fingerprint.ts';
import { findForeignFiles } from './foreign-files.ts';
import { checkIdentity, readIdentity, writeIdentity } from './identity.ts';
import { newJobKey } from './job-key.ts';
import { measureLink } from './measure-link.ts';
import { goesDown } from './one-at-a-time.ts';
import type { OwnedLink } from './owned-link.ts';
import type { Parts } from './parts.ts';
import { performShortJob } from './short-job.ts';
import type { ForPerson } from './turns.ts';

/** Where old servers are found to show the folder, most likely first. */
const USUAL_SPOOLS = ['/FLEET98', '/C/FLEET98', '/C:/FLEET98', '/DRIVE_C/FLEET98', '/fleet98'];

/** How long a visit may take up to its first file. */
const VISIT_MS = 10_000;
const INFO_LOOK_MS = 100;

/** Paths mean nothing there. */
const VISITORS_SPOOL = '/';

/**
 * Makes the acquaintance of a machine: logs in, finds the spool, checks or issues the identity, proves that bytes
 * arrive unchanged, learns what server and agent can do. `adopt` takes over a machine whose identity is missing or
 * another daemon's. Throws the first thing that stands in the way.
 */
export async function probe(parts: Parts, machine: Machine, adopt: boolean): Promise<Machine> {
  if (machine.transport === 'depot') return greetVisitor(parts, machine);
  const spool = await findSpool(parts, machine);
  return parts.sessions.withUnchecked(machine, spool, async (link) => {
    if (!adopt) await checkWords(machine, link);
    await claimIdentity(parts, link, machine, adopt);
    const measured = await measureLink(link, parts.clock);
    const agent = await greetAgent(parts, link, machine);
    const foreignFiles = await findForeignFiles(parts, link);
    const server: MachineServer = {
      ...(await link.describeServer()),
      ...measured,
      ...endServerOf(link),
      ...(foreignFiles.length > 0 && { foreignFiles }),
    };
    return keep(parts, machine, { spool, server, agent });
  });
}

/** One that comes by itself got its identity by hand, and has no server to be measured. */
function greetVisitor(parts: Parts, machine: Machine): Promise<Machine> {
  return parts.sessions.withUnchecked(machine, VISITORS_SPOOL, async (link) => {
    const { daemonId } = parts.store;
    checkIdentity(await readIdentity(link), { machineId: machine.id, daemonId, name: machine.name });
    await awaitInfo(parts, link);
    const agent = await greetAgent(parts, link, machine);
    if (!agent) throw noAgentBrought(machine.name);
    const server = { ...(await link.describeServer()), restartRead: true, dataConnections: [] };
    return keep(parts, machine, { spool: VISITORS_SPOOL, server, agent });
  });
}

/** A visit in which AGENT.NFO did not get through is followed by another one. */
async function awaitInfo({ clock }: Parts, link: Link): Promise<void> {
  const untilMs = clock.monotonicMs() + (link.abilities.visits?.periodMs ?? 0) + VISIT_MS;
  while (clock.monotonicMs() < untilMs && (await link.size(agentInfoPath)) === undefined) {
    await clock.sleep(INFO_LOOK_MS);
  }
}

/** Without an agent nothing can be done on a machine into which nobody can look. */
export const noAgentBrought = (machine: string): DomainError =>
  new DomainError('AGENT_NEEDED', `${machine} comes by itself, but has brought no AGENT.NFO`);

/**
 * The spool that a person named, or the usual place that has an agent's NFO, or the folder of the login or the root that
 * has one, or the first usual place that is a folder at all.
 */
async function findSpool(parts: Parts, machine: Machine): Promise<string> {
  return parts.sessions.withUnchecked(machine, '/', async (root) => {
    const login = machine.spool === undefined ? await root.loginFolder() : undefined;
    const home = login === undefined || login === '/' ? undefined : login.replace(/\/$/, '');
    const usual = [...(home === undefined ? [] : [`${home}/FLEET98`, `${home}/fleet98`]), ...USUAL_SPOOLS];
    const candidates = machine.spool === undefined ? usual : [machine.spool];
    const folders: string[] = [];
    for (const path of candidates) {
      if (!(await root.folderExists(path))) continue;
      if ((await root.size(inRoot(path))) !== undefined) return path;
      folders.push(path);
    }
    // A server that shows nothing but the folder itself.
    const shown = machine.spool === undefined ? [home ?? '/', '/'] : [];
    for (const path of shown) {
      if ((await root.size(inRoot(path))) !== undefined) return path;
    }
    const [first] = folders;
    if (first !== undefined) return first;
    throw new DomainError(
      'SPOOL_NOT_FOUND',
      `${machine.name} shows none of the folders ${candidates.join(', ')}`,
    );
  });
}

/** An agent's NFO in a folder, seen from the root. */
const inRoot = (folder: string): string => `${folder}/${agentInfoPath}`.replace(/^\/+/, '');

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
async function greetAgent(parts: Parts, link: OwnedLink, machine: Machine): Promise<AgentFacts | undefined> {
  const before = await readAgent(link, parts.clock);
  if (goesDown({ ...machine, ...(before && { agent: before }) })) {
    return greetInTurn(parts, link, machine, before);
  }
  if (!before) return undefined;
  await sendProbeJob(parts, link, machine.id, {});
  return readAgent(link, parts.clock);
}

/** Nobody is called to a keyboard for this, and no server taken from under other work: then the last word counts. */
async function greetInTurn(
  parts: Parts,
  link: OwnedLink,
  machine: Machine,
  before: AgentFacts | undefined,
): Promise<AgentFacts | undefined> {
  const { clock, store } = parts;
  link.takeTurns();
  const mayEnd = await link.askEndServer();
  const isThere = before !== undefined || (await link.size(agentFile)) !== undefined;
  if (!mayEnd || !isThere) return before;
  const ownerId = `probe:${randomHex(4)}`;
  const lane = { machineId: machine.id, kind: 'files', ownerId, sinceMs: clock.nowMs() } as const;
  if (!(await store.lanes.take(lane))) return before;
  try {
    await sendProbeJob(parts, link, machine.id, { keyPatienceMs: 0 });
  } catch (error) {
    // It was asked, and this user may not: the server stays, and the job was taken back.
    if (!(error instanceof DomainError) || error.code !== 'WAITING_FOR_KEYBOARD') throw error;
  } finally {
    await store.lanes.release(machine.id, ownerId);
  }
  return readAgent(link, clock);
}

async function sendProbeJob(parts: Parts, link: Link, machineId: string, person: ForPerson): Promise<void> {
  const key = newJobKey();
  const job = encodeProbeJob({ ...key, daemon: parts.store.daemonId });
  await performShortJob(parts, link, machineId, key, job, undefined, person);
}

const endServerOf = ({ abilities: { endServer } }: Link): Pick<MachineServer, 'endServer'> =>
  endServer === undefined ? {} : { endServer };

async function keep(
  parts: Parts,
  machine: Machine,
  found: { spool: string; server: MachineServer; agent: AgentFacts | undefined },
): Promise<Machine> {
  const { spool, server, agent } = found;
  const now = parts.clock.nowMs();
  if (agent) await settleBoot(parts.store, machine.id, agent.boot);
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
