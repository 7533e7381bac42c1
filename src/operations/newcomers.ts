import { randomInt } from 'node:crypto';
import { DomainError } from '../domain/errors.ts';
import { platformIds } from '../domain/machine.ts';
import type { AgentFacts, Machine, PlatformId } from '../domain/machine.ts';
import type { Newcomer } from '../domain/newcomer.ts';
import { decodeAgentInfo } from '../spool/agent-info.ts';
import { refuseReserved } from './machines.ts';
import type { Approval, JoinTicket, VisitorLogin } from './operations.ts';
import type { Parts } from './parts.ts';
import { isSamePassword, newLogin, newPassword } from './visitor-logins.ts';

/** More at once are no machines. */
const MAX_WAITING = 50;
/** Who has not come for so long has given up. */
const FORGET_MS = 24 * 3_600_000;
/** A visit in which a machine asks once more takes no longer, on the slowest of them. */
const ASKING_MS = 600_000;

/** One that was just let in. */
interface Approved {
  readonly address: string;
  readonly name: string;
  readonly ticket: JoinTicket;
  readonly atMs: number;
}

/** Machines that come by themselves and are not registered yet: each waits for somebody who has read its screen. */
export class Newcomers {
  readonly #parts: Parts;
  readonly #onApproved: (machine: Machine) => void;
  #approved: readonly Approved[] = [];

  constructor(parts: Parts, onApproved: (machine: Machine) => void) {
    this.#parts = parts;
    this.#onApproved = onApproved;
  }

  /**
   * Takes a machine's AGENT.NFO for its wish to join, and answers what it logs in with from now on. One that asks again
   * gets the same answer. Undefined when it makes no sense, or too many wait.
   */
  async join(address: string, info: Uint8Array): Promise<JoinTicket | undefined> {
    const { store, clock } = this.#parts;
    const read = decodeAgentInfo(info);
    if (read.state !== 'ok') return undefined;
    const agent = read.facts;
    const approved = this.#justApproved(address, agent.name);
    if (approved) return approved.ticket;
    const waiting = await this.list();
    const now = clock.nowMs();
    const known = waiting.find((one) => one.address === address && one.name === agent.name);
    if (!known && waiting.length >= MAX_WAITING) return undefined;
    const user = known?.user ?? newLogin();
    const password = (known && (await store.newcomers.password(user))) ?? newPassword();
    const code = known?.code ?? newCode(waiting);
    const sinceMs = known?.sinceMs ?? now;
    await store.newcomers.put(
      { user, code, address, name: agent.name, agent, sinceMs, seenMs: now },
      password,
    );
    return { user, password, code, platform: agent.platform };
  }

  /** Whether one that waits has this user and password. */
  async admit({ user, password, address }: VisitorLogin): Promise<boolean> {
    const { store, clock } = this.#parts;
    const expected = await store.newcomers.password(user);
    if (expected === undefined || !isSamePassword(password, expected)) return false;
    await store.newcomers.see(user, address, clock.nowMs());
    return true;
  }

  /** The one that has waited longest first. */
  async list(): Promise<Newcomer[]> {
    const { store, clock } = this.#parts;
    const all = await store.newcomers.all();
    const gone = all.filter(({ seenMs }) => clock.nowMs() - seenMs > FORGET_MS);
    for (const { user } of gone) await store.newcomers.remove(user);
    return all.filter((one) => !gone.includes(one));
  }

  /** Registers the newcomer with this code, or gives it the place of a machine that is known. WRONG_CODE, NAME_TAKEN. */
  async approve(name: string, { code, again }: Approval): Promise<Machine> {
    const { store } = this.#parts;
    const newcomer = (await this.list()).find((one) => one.code === code);
    const password = newcomer && (await store.newcomers.password(newcomer.user));
    if (!newcomer || password === undefined) {
      throw new DomainError('WRONG_CODE', `no machine that waits has the code ${code}`);
    }
    const machine = again
      ? await this.#replace(name, newcomer, password)
      : await this.#register(name, newcomer, password);
    const { user, address, name: ownName, agent } = newcomer;
    const ticket = { user, password, code, platform: agent.platform };
    const approved = { address, name: ownName, ticket, atMs: this.#parts.clock.monotonicMs() };
    this.#approved = [...this.#approved.filter((one) => this.#isAsking(one)), approved];
    await store.newcomers.remove(user);
    this.#onApproved(machine);
    return machine;
  }

  /** One that was let in while it asked once more must not lose the login that was approved. */
  #justApproved(address: string, name: string): Approved | undefined {
    return this.#approved.findLast(
      (one) => one.address === address && one.name === name && this.#isAsking(one),
    );
  }

  #isAsking({ atMs }: Approved): boolean {
    return this.#parts.clock.monotonicMs() - atMs < ASKING_MS;
  }

  #register(name: string, { user, address, agent }: Newcomer, password: string): Promise<Machine> {
    const { store, clock, settings } = this.#parts;
    refuseReserved(name);
    const platform = platformOf(agent);
    return store.machines.create({
      name,
      transport: 'depot',
      host: address,
      port: 21,
      user,
      password,
      labels: {},
      ...(platform && { platform }),
      writeChunkBytes: settings.ftp.writeChunkBytes,
      atMs: clock.nowMs(),
    });
  }

  /** Its disk is another one: nothing that was placed is there, nothing that was under way will come. */
  async #replace(name: string, { user, address }: Newcomer, password: string): Promise<Machine> {
    const { store, clock, sessions, transport } = this.#parts;
    const machine = await store.machines.findByName(name);
    if (!machine) throw new DomainError('NOT_FOUND', `there is no machine called ${name}`);
    const now = clock.nowMs();
    const login = { transport: 'depot' as const, host: address, user, password };
    const changed = await store.machines.update(machine.id, { ...login, lastError: null }, now);
    await store.placements.markUnverified(machine.id);
    sessions.renew(machine.id);
    await transport.forget?.(machine.id);
    return changed;
  }
}

const platformOf = ({ platform }: AgentFacts): PlatformId | undefined =>
  platformIds.find((one) => one === platform);

/** Four digits, which nobody else has who waits. */
function newCode(waiting: readonly Newcomer[]): string {
  for (;;) {
    const code = String(randomInt(1000, 10_000));
    if (!waiting.some((one) => one.code === code)) return code;
  }
}
