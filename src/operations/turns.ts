import type { Absence } from '../domain/absence.ts';
import { isExcused } from '../domain/absence.ts';
import { DomainError } from '../domain/errors.ts';
import type { AgentFacts, Machine } from '../domain/machine.ts';
import type { Clock } from '../lib/clock.ts';
import { endPath, jobPath, runPath } from '../spool/paths.ts';
import type { Store } from '../store/open-store.ts';
import type { Link } from '../transports/transport.ts';
import { ignoreDamage, refreshAgent } from './agent-facts.ts';
import type { EventBus } from './event-bus.ts';
import type { OperationsSettings } from './settings.ts';

export interface TurnParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: OperationsSettings;
  readonly events: EventBus;
}

/** The agent's turn on a machine that does one thing at a time: its job lies there already. */
export interface Turn {
  readonly jobId: string;
  /** How long a person may take to come to the keyboard, where one has to. */
  readonly keyPatienceMs: number;
  /** Told when a person has to. */
  readonly onKeyboard?: (() => Promise<void>) | undefined;
  /** Asked while a person is waited for: a job that nobody wants any more is taken back. */
  readonly isWanted?: (() => Promise<boolean>) | undefined;
}

/** What whoever has the job done says of the person that it may need. */
export type ForPerson = Partial<Pick<Turn, 'keyPatienceMs' | 'onKeyboard' | 'isWanted'>>;

/** So many turns without a trace of the job, and the agent counts as silent. */
export const MOST_TURNS = 3;
/** A short job that takes so many times what is usual is not waited for any longer. */
const PATIENCE = 10;

/** A server that is just leaving must not be asked for a session: it would wait for the end of that. */
export const leavingMs = ({ run: { pollMinMs, pollMaxMs } }: OperationsSettings): number =>
  Math.min(LOOKS_LATER * pollMinMs, pollMaxMs);
const LOOKS_LATER = 5;

interface AwayPlan {
  readonly ownerId: string;
  /** How long the agent is likely to work, and how long it may, before silence is a bad sign. */
  readonly expectMs: number;
  readonly limitMs: number;
}

/** Saves that the machine goes away now. What the server and the start of the agent need comes on top. */
export async function noteAway(parts: TurnParts, machineId: string, plan: AwayPlan): Promise<Absence> {
  const { store, clock, settings } = parts;
  const machine = await store.machines.get(machineId);
  const now = clock.nowMs();
  const before = await store.absences.get(machineId);
  const boot = before?.boot ?? machine?.boot;
  const absence: Absence = {
    machineId,
    kind: 'working',
    ownerId: plan.ownerId,
    sinceMs: now,
    ...(boot !== undefined && { boot }),
    backByMs: now + plan.expectMs + settings.jobs.waitMs,
    loseAtMs: now + Math.max(plan.expectMs, plan.limitMs) + settings.jobs.waitMs,
  };
  await store.absences.put(absence);
  if (machine) tell(parts, machine);
  return absence;
}

/** Saves that somebody has to press a key there. */
export async function noteKeyboard(parts: TurnParts, machineId: string, ownerId: string): Promise<void> {
  const { store, clock } = parts;
  const machine = await store.machines.get(machineId);
  const sinceMs = clock.nowMs();
  const boot = machine?.boot === undefined ? {} : { boot: machine.boot };
  await store.absences.put({ machineId, kind: 'keyboard', ownerId, sinceMs, ...boot });
  if (machine) tell(parts, machine);
}

/** Makes the server leave, where it may be asked to: saved before, so that a daemon that dies now knows why it is gone. */
export async function sendAway(
  parts: TurnParts,
  machineId: string,
  link: Link,
  plan: AwayPlan,
): Promise<boolean> {
  if (link.abilities.endServer !== true) return false;
  await noteAway(parts, machineId, plan);
  let left = false;
  try {
    left = await link.yield();
  } finally {
    if (!left) await noteHere(parts, machineId);
  }
  if (!left) await forgetEndServer(parts, machineId);
  return left;
}

/** The server lists SITE QUIT and does not let this user have it. */
async function forgetEndServer({ store, clock }: TurnParts, machineId: string): Promise<void> {
  const machine = await store.machines.get(machineId);
  if (!machine?.server) return;
  await store.machines.update(machineId, { server: { ...machine.server, endServer: false } }, clock.nowMs());
}

/** The machine answers, or needs nobody any more. `kind`: only if that was so. */
export async function noteHere(parts: TurnParts, machineId: string, kind?: Absence['kind']): Promise<void> {
  const { absences } = parts.store;
  if (!(await absences.get(machineId)) || !(await absences.remove(machineId, kind))) return;
  const machine = await parts.store.machines.get(machineId);
  if (machine) tell(parts, machine);
}

/** Whose machine answers is known: reads what its agent says since, and ends its absence. */
export async function welcome(
  parts: TurnParts,
  machine: Machine,
  link: Link,
  kind?: Absence['kind'],
): Promise<AgentFacts | undefined> {
  // An agent that says nonsense of itself can still be followed, and what it says is not worth a session.
  const facts = await refreshAgent(parts, machine, link).catch(ignoreDamage);
  // Not before: by the absence it is known that one start of the agent is no wonder.
  await noteHere(parts, machine.id, kind);
  return facts;
}

/** MACHINE_AWAY in place of an error that only says that a machine at work does not answer. */
export async function excuse(parts: TurnParts, machine: Machine, error: DomainError): Promise<DomainError> {
  if (!isSilence(error)) return error;
  const absence = await parts.store.absences.get(machine.id);
  if (!isExcused(absence, parts.clock.nowMs())) return error;
  const detail = `${machine.name} works for ${absence.ownerId}, and does nothing else meanwhile`;
  return new DomainError('MACHINE_AWAY', detail, { cause: error });
}

/** What a machine looks like whose server is not there, or is just going or coming. */
export const isSilence = ({ fault, code }: DomainError): boolean =>
  fault === 'network' || code === 'SERVER_BUSY';

/** The turns of one link. */
export class Turns {
  readonly #parts: TurnParts;
  readonly #machineId: string;
  readonly #reopen: () => Promise<Link>;

  constructor(parts: TurnParts, machineId: string, reopen: () => Promise<Link>) {
    this.#parts = parts;
    this.#machineId = machineId;
    this.#reopen = reopen;
  }

  /** Lets the agent work, and answers a new link once the server is back. WAITING_FOR_KEYBOARD, MACHINE_AWAY. */
  async give(link: Link, turn: Turn, signal: AbortSignal | undefined): Promise<Link> {
    const ownerId = (await this.#parts.store.lanes.get(this.#machineId))?.ownerId ?? 'probe';
    const { waitMs } = this.#parts.settings.jobs;
    const plan = { ownerId, expectMs: 0, limitMs: PATIENCE * waitMs };
    if (!(await sendAway(this.#parts, this.#machineId, link, plan))) {
      return this.#waitForKey(link, turn, plan, signal);
    }
    const back = await this.#comeBack(signal);
    // A probe has found it out just now, and it is not kept yet.
    if (back.abilities.endServer !== true) await back.askEndServer();
    return back;
  }

  /** To be called with the link that came of it, once its identity is known. */
  async welcome(link: Link): Promise<AgentFacts | undefined> {
    const machine = await this.#parts.store.machines.get(this.#machineId);
    return machine && welcome(this.#parts, machine, link);
  }

  async #comeBack(signal: AbortSignal | undefined): Promise<Link> {
    const { store, clock, settings } = this.#parts;
    let pauseMs = leavingMs(settings);
    for (;;) {
      await clock.sleep(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, settings.run.pollMaxMs);
      try {
        return await this.#reopen();
      } catch (error) {
        if (!(error instanceof DomainError) || !isSilence(error)) throw error;
        const absence = await store.absences.get(this.#machineId);
        if (isExcused(absence, clock.nowMs())) continue;
        throw new DomainError('MACHINE_AWAY', 'the machine does not come back from its work', {
          cause: error,
        });
      }
    }
  }

  async #waitForKey(first: Link, turn: Turn, plan: AwayPlan, signal: AbortSignal | undefined): Promise<Link> {
    const { clock, settings } = this.#parts;
    await noteKeyboard(this.#parts, this.#machineId, plan.ownerId);
    await turn.onKeyboard?.();
    const startMs = clock.monotonicMs();
    let link = first;
    try {
      for (;;) {
        const look = await isOverOrGone(link, turn.jobId);
        if (look === 'gone') {
          await noteAway(this.#parts, this.#machineId, plan);
          link = await this.#comeBack(signal);
          await noteKeyboard(this.#parts, this.#machineId, plan.ownerId);
          continue;
        }
        if (look) return link;
        const isLate = clock.monotonicMs() - startMs >= turn.keyPatienceMs;
        if (isLate) await takeBack(link, turn.jobId, tooLate());
        if (turn.isWanted && !(await turn.isWanted())) await takeBack(link, turn.jobId, unwanted());
        await clock.sleep(settings.run.pollMaxMs, signal);
      }
    } catch (error) {
      // Whoever gets the error knows the first link only.
      if (link !== first) await link.close();
      await noteHere(this.#parts, this.#machineId, 'keyboard');
      throw error;
    }
  }
}

const tooLate = (): DomainError =>
  new DomainError('WAITING_FOR_KEYBOARD', 'nobody has ended the FTP server at the machine in time');
const unwanted = (): DomainError => new DomainError('CANCELED', 'it was not wanted any more');

/** Throws, unless the agent has done the job at this very moment. */
async function takeBack(link: Link, jobId: string, why: DomainError): Promise<void> {
  if ((await link.remove(jobPath(jobId))) || !(await isOver(link, jobId))) throw why;
}

/** Whether the agent has had its turn. A job that it had begun when power failed is over only after the next one. */
export async function isOver(link: Link, jobId: string): Promise<boolean> {
  if ((await link.size(endPath(jobId))) !== undefined) return true;
  if ((await link.size(jobPath(jobId))) !== undefined) return false;
  return (await link.size(runPath(jobId))) === undefined;
}

/** `gone`: the machine does not answer any more, so that somebody has let the agent at it. */
async function isOverOrGone(link: Link, jobId: string): Promise<boolean | 'gone'> {
  try {
    return await isOver(link, jobId);
  } catch (error) {
    if (error instanceof DomainError && isSilence(error)) return 'gone';
    throw error;
  }
}

function tell({ events }: TurnParts, { name, state, health }: Machine): void {
  events.publish({ type: 'machine', machine: name, state, health });
}
