import { absenceState } from '../domain/absence.ts';
import type { AbsenceState } from '../domain/absence.ts';
import type { Bundle } from '../domain/bundle.ts';
import { asDomainError, DomainError, errorTable, isErrorCode } from '../domain/errors.ts';
import type { Finding } from '../domain/finding.ts';
import type { Machine, MachineHealth } from '../domain/machine.ts';
import type { MachineChange, MachineReport, NewMachine, VisitorLogin } from './operations.ts';
import type { Parts } from './parts.ts';
import { findingsFor } from './preflight-plan.ts';
import { probe } from './probe.ts';
import { requireMachine } from './select-machines.ts';
import { isSamePassword, newLogin } from './visitor-logins.ts';

/** The inventory: who is in it, how each does, and why. */
export class Machines {
  readonly #parts: Parts;
  readonly #onChange: () => void;

  constructor(parts: Parts, onChange: () => void) {
    this.#parts = parts;
    this.#onChange = onChange;
  }

  async register(input: NewMachine): Promise<Machine> {
    const { store, clock, settings } = this.#parts;
    refuseReserved(input.name);
    const machine = await store.machines.create({
      ...input,
      ...howReached(input),
      writeChunkBytes: settings.ftp.writeChunkBytes,
      atMs: clock.nowMs(),
    });
    this.#publish(machine);
    return machine;
  }

  /** The machine that logs in here with this user and password; undefined: there is none. */
  async admitVisitor({ user, password, address }: VisitorLogin): Promise<Machine | undefined> {
    const { store, clock } = this.#parts;
    const machine = await store.machines.findLogin(user);
    if (!machine || !isSamePassword(password, await store.machines.password(machine.id))) return undefined;
    if (machine.host === address) return machine;
    return store.machines.update(machine.id, { host: address }, clock.nowMs());
  }

  async change(name: string, change: MachineChange): Promise<Machine> {
    const machine = await requireMachine(this.#parts.store, name);
    if (change.name !== undefined) refuseReserved(change.name);
    const changed = await this.#update(machine, change);
    this.#parts.sessions.renew(machine.id);
    return changed;
  }

  async remove(name: string): Promise<void> {
    const machine = await requireMachine(this.#parts.store, name);
    await this.#parts.store.machines.remove(machine.id);
    await this.#parts.transport.forget?.(machine.id);
  }

  /** The name stays taken, the history stays; selections by label or `all` do not mean it any more. */
  async retire(name: string): Promise<Machine> {
    const { store, clock } = this.#parts;
    const machine = await requireMachine(store, name);
    if (machine.state === 'retired') return machine;
    const retired = await store.machines.retire(machine.id, clock.nowMs());
    this.#publish(retired);
    return retired;
  }

  async restore(name: string): Promise<Machine> {
    const machine = await requireMachine(this.#parts.store, name);
    return machine.state === 'retired' ? this.#update(machine, { state: 'ready' }) : machine;
  }

  async hold(name: string, held: boolean): Promise<Machine> {
    const machine = await requireMachine(this.#parts.store, name);
    return this.#update(machine, { held });
  }

  /** Whatever has the machine goes on: a probe changes nothing there but the identity of a machine that has none. */
  async probe(name: string, adopt: boolean): Promise<Machine> {
    const { store, clock, sessions } = this.#parts;
    const machine = await requireMachine(store, name);
    try {
      const probed = await probe(this.#parts, machine, adopt);
      this.#onChange();
      return probed;
    } catch (thrown) {
      const error = asDomainError(thrown);
      if (sessions.isStopping || error.code === 'MACHINE_AWAY') throw error;
      const lastError = { code: error.code, detail: error.message, atMs: clock.nowMs() };
      const health = healthAfterProbe(machine, error);
      this.#publish(await store.machines.update(machine.id, { health, lastError }, clock.nowMs()));
      throw error;
    }
  }

  async explain(name: string): Promise<MachineReport> {
    const { store, sessions, clock } = this.#parts;
    const machine = await requireMachine(store, name);
    const lane = await store.lanes.get(machine.id);
    const absence = await store.absences.get(machine.id);
    return {
      machine,
      ...(lane && { lane }),
      ...(absence && { absence }),
      transcript: sessions.transcript(machine.id),
      advice: adviceFor(machine, absence && absenceState(absence, clock.nowMs())),
    };
  }

  async preflight(name: string, bundle: Bundle): Promise<Finding[]> {
    const { store } = this.#parts;
    const machine = await requireMachine(store, name);
    const placed = await store.placements.get(machine.id, bundle.id);
    return findingsFor(store, machine, machine.agent, bundle, placed?.verified ? [] : bundle.files);
  }

  async #update(
    machine: Machine,
    patch: Parameters<Parts['store']['machines']['update']>[1],
  ): Promise<Machine> {
    const updated = await this.#parts.store.machines.update(machine.id, patch, this.#parts.clock.nowMs());
    this.#publish(updated);
    this.#onChange();
    return updated;
  }

  #publish(machine: Machine): void {
    const { name, state, health } = machine;
    this.#parts.events.publish({ type: 'machine', machine: name, state, health });
  }
}

/** `waiting` is where newcomers are, as in /machines/waiting. */
export function refuseReserved(name: string): void {
  if (name.toLowerCase() !== 'waiting') return;
  throw new DomainError('INVALID_REQUEST', 'no machine can be called waiting: the list of newcomers is');
}

/** One that is called needs an address; one that comes needs a user of its own, and a password. */
function howReached({ transport, host, user, password, passwordEnv }: NewMachine): {
  host: string;
  user: string;
} {
  if (transport !== 'depot') {
    if (host !== undefined) return { host, user: user ?? 'anonymous' };
    throw new DomainError('INVALID_REQUEST', "the field 'host' is missing");
  }
  if (password === undefined && passwordEnv === undefined) {
    throw new DomainError('INVALID_REQUEST', 'a machine that comes by itself needs a password');
  }
  return { host: host ?? '', user: user ?? newLogin() };
}

/** A machine that only has no time, as when others use its sessions, is no worse for it. */
function healthAfterProbe({ health }: Machine, { fault, retry }: DomainError): MachineHealth {
  if (fault === 'network') return 'unreachable';
  return retry ? health : 'suspect';
}

const onAbsence: Readonly<Record<AbsenceState, string>> = {
  'waiting-for-keyboard': errorTable.WAITING_FOR_KEYBOARD.hint,
  working:
    'It does one thing at a time and works now: nothing answers there until it is done, and that is no fault.',
  overdue:
    'It does one thing at a time and should be back from its work by now: look at its screen; it may only be slow.',
};

/** What to look at, most likely first. */
function adviceFor(machine: Machine, absence: AbsenceState | undefined): string[] {
  const advice: string[] = absence === undefined ? [] : [onAbsence[absence]];
  const code = machine.lastError?.code;
  if (code !== undefined && isErrorCode(code)) advice.push(errorTable[code].hint);
  if (machine.state === 'new' && code === undefined)
    advice.push(`Probe it: fleet98 machine probe ${machine.name}`);
  if (machine.state === 'ready' && !machine.agent) advice.push(errorTable.AGENT_NEEDED.hint);
  const foreign = machine.server?.foreignFiles ?? [];
  if (foreign.length > 0) {
    advice.push(`Files of jobs that this daemon does not know are left alone there: ${foreign.join(', ')}`);
  }
  if (machine.held) advice.push(errorTable.MACHINE_HELD.hint);
  if (machine.agent?.hold) advice.push('Somebody holds new jobs at the machine itself; ask there.');
  if (advice.length === 0) advice.push('Nothing seems to be wrong.');
  return advice;
}
