import { DomainError } from '../domain/errors.ts';
import { decodeEnd } from '../spool/end-file.ts';
import type { EndFile } from '../spool/end-file.ts';
import { endPath, jobPath, jobTempPath, keptPath, logPath, runPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { OwnedLink } from './owned-link.ts';
import type { Parts } from './parts.ts';
import { MOST_TURNS } from './turns.ts';
import type { ForPerson, Turn } from './turns.ts';

/** What identifies one job on a machine. */
export interface JobKey {
  readonly id: string;
  readonly token: string;
}

export type JobPlace = 'ended' | 'claimed' | 'waiting' | 'absent';

const MAX_END_BYTES = 16_384;

/** Publishes a job file: written under a temporary name, then renamed, so that the agent never sees half of it. */
export async function deliverJob(link: Link, id: string, job: Uint8Array): Promise<void> {
  await link.write(jobTempPath(id), job);
  await link.rename(jobTempPath(id), jobPath(id));
}

async function lookFor(link: Link, id: string): Promise<JobPlace> {
  if ((await link.size(endPath(id))) !== undefined) return 'ended';
  if ((await link.size(runPath(id))) !== undefined) return 'claimed';
  if ((await link.size(jobPath(id))) !== undefined) return 'waiting';
  return 'absent';
}

/**
 * Where a job is, looked up in the order of the protocol. The agent may move it between two looks, so only two
 * misses in a row mean that it is not there.
 */
export async function findJob(link: Link, id: string): Promise<JobPlace> {
  const first = await lookFor(link, id);
  return first === 'absent' ? lookFor(link, id) : first;
}

/** An END as it lies there. `unusable`: it can never be this job's END; whose or what it is, `why` says. */
export type EndLook =
  | { readonly state: 'none' }
  | { readonly state: 'ours'; readonly end: EndFile }
  | {
      readonly state: 'unusable';
      readonly why: string;
      /** Another job's, and so not to be touched. */
      readonly foreign: boolean;
      readonly bytes: Uint8Array;
    };

/** Looks for the END of a job. It is published whole, so one that is not whole is damaged. */
export async function lookAtEnd(link: Link, key: JobKey, daemonId: string): Promise<EndLook> {
  const name = `OUT/${key.id}.END`;
  const unusable = (why: string, bytes: Uint8Array = new Uint8Array(), foreign = false): EndLook => {
    return { state: 'unusable', why: `${name} ${why}`, foreign, bytes };
  };
  const size = await link.size(endPath(key.id));
  if (size === undefined) return { state: 'none' };
  if (size > MAX_END_BYTES) return unusable(`has ${size} bytes, more than an END can have`);
  let bytes: Uint8Array;
  try {
    bytes = await link.read(endPath(key.id), { maxBytes: MAX_END_BYTES });
  } catch (error) {
    if (error instanceof DomainError && (error.code === 'FILE_NOT_FOUND' || error.code === 'FILE_BUSY')) {
      return { state: 'none' };
    }
    throw error;
  }
  const decoded = decodeEnd(bytes);
  if (decoded.state === 'incomplete') return unusable('is cut: its last line is missing', bytes);
  if (decoded.state === 'damaged') return unusable(`makes no sense: ${decoded.why}`, bytes);
  const ours = decoded.id === key.id && decoded.token === key.token && decoded.daemon === daemonId;
  if (!ours) return unusable('is the end of another job', bytes, true);
  return { state: 'ours', end: decoded };
}

/** The END of a job, or undefined while there is none that is ours. Throws SPOOL_DAMAGED for nonsense. */
export async function readEnd(link: Link, key: JobKey, daemonId: string): Promise<EndFile | undefined> {
  const look = await lookAtEnd(link, key, daemonId);
  if (look.state === 'unusable' && !look.foreign) throw new DomainError('SPOOL_DAMAGED', look.why);
  return look.state === 'ours' ? look.end : undefined;
}

/** How often an END is read before it counts as damaged for good: a disk may be in the middle of writing it. */
export const UNUSABLE_END_LOOKS = 5;

/**
 * Brings a new short job (place, verify, kill, probe) to its end: delivers it, gives the agent its turn where it needs
 * one, waits for the END, and clears it away. AGENT_SILENT when the agent leaves it in IN for too long (then the job is taken back), or it vanishes.
 */
export async function performJob(
  parts: Pick<Parts, 'clock' | 'settings' | 'store'>,
  link: Link,
  key: JobKey,
  job: Uint8Array,
  signal?: AbortSignal,
  person?: ForPerson,
): Promise<EndFile> {
  await deliverJob(link, key.id, job);
  const { clock, settings, store } = parts;
  const patienceMs = agentPatienceMs(link, settings);
  const turn = { jobId: key.id, keyPatienceMs: settings.jobs.waitMs, ...person };
  let waitingSinceMs = clock.monotonicMs();
  let unusableLooks = 0;
  let turns = 0;
  for (;;) {
    const look = await lookAtEnd(link, key, store.daemonId);
    if (look.state === 'ours') {
      // Nobody remembers a short job once it is answered: an agent that died before it let go of it is waited for.
      await clearJob(parts, link, key.id, { leaveLog: true, patienceMs, ...(signal && { signal }) });
      return look.end;
    }
    unusableLooks = look.state === 'unusable' ? unusableLooks + 1 : 0;
    if (look.state === 'unusable' && unusableLooks >= UNUSABLE_END_LOOKS) {
      throw new DomainError('SPOOL_DAMAGED', look.why);
    }
    if (look.state === 'none' && turns < MOST_TURNS && (await gaveTurn(link, turn, signal))) {
      turns += 1;
      waitingSinceMs = clock.monotonicMs();
      continue;
    }
    const waitedMs = clock.monotonicMs() - waitingSinceMs;
    if (waitedMs > patienceMs) {
      await requireTaken(link, key.id, waitedMs);
      // A copy or a check of large files may last.
      waitingSinceMs = clock.monotonicMs();
    }
    signal?.throwIfAborted();
    await clock.sleep(settings.jobs.pollMs, signal);
  }
}

/** How many visits a job takes that is fetched, done and told of. */
const JOB_VISITS = 3;

/** How long an agent may leave a job untouched, where the machine has to come for it, too. */
export const agentPatienceMs = (link: Link, { jobs }: Parts['settings']): number =>
  jobs.waitMs + JOB_VISITS * (link.abilities.visits?.periodMs ?? 0);

/** False where the agent works beside the server, and needs no turn. */
export async function gaveTurn(link: Link, turn: Turn, signal?: AbortSignal): Promise<boolean> {
  if (!(link instanceof OwnedLink) || !link.hasTurns) return false;
  await link.giveTurn(turn, signal);
  return true;
}

/** Takes a job back that nobody took in all that time. AGENT_SILENT unless it is being worked on, or has ended. */
async function requireTaken(link: Link, id: string, waitedMs: number): Promise<void> {
  if (await link.remove(jobPath(id))) {
    const seconds = Math.round(waitedMs / 1000);
    throw new DomainError('AGENT_SILENT', `the agent did not take a job within ${seconds} s`);
  }
  const place = await findJob(link, id);
  if (place === 'waiting')
    throw new DomainError('AGENT_SILENT', 'a job lies on the machine, and no agent takes it');
  if (place !== 'absent') return;
  throw new DomainError('AGENT_SILENT', 'a job is gone from the machine, and has no end there');
}

const LET_GO_LOOKS = 10;

interface Clearing {
  readonly keptSlots?: readonly number[];
  readonly leaveLog?: boolean;
  /** How long an agent may take to let go of the RUN; otherwise a few looks. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Removes what an ended job left on the machine; the END goes last, and only once the agent has let go of the RUN.
 * Answers false, and leaves everything, when the agent does not let go.
 */
export async function clearJob(
  parts: Pick<Parts, 'clock' | 'settings'>,
  link: Link,
  id: string,
  what: Clearing = {},
): Promise<boolean> {
  const { clock, settings } = parts;
  const startMs = clock.monotonicMs();
  for (let looks = 1; (await link.size(runPath(id))) !== undefined; looks += 1) {
    const isLate = clock.monotonicMs() - startMs >= (what.patienceMs ?? 0);
    if (looks >= LET_GO_LOOKS && isLate) return false;
    await clock.sleep(settings.jobs.pollMs, what.signal);
  }
  if (what.leaveLog !== true) await link.remove(logPath(id));
  for (const slot of what.keptSlots ?? []) await link.remove(keptPath(id, slot));
  await link.remove(endPath(id));
  return true;
}
