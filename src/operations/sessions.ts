import { setMaxListeners } from 'node:events';
import { asDomainError, DomainError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { Machine, MachineHealth } from '../domain/machine.ts';
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/open-store.ts';
import type { Link, LinkTarget, Transport } from '../transports/transport.ts';
import { isExcused } from '../domain/absence.ts';
import { checkWords } from './fingerprint.ts';
import { isIdentityError } from './identity.ts';
import { goesDown, worksAlone } from './one-at-a-time.ts';
import { OwnedLink } from './owned-link.ts';
import type { EventBus } from './event-bus.ts';
import type { OperationsSettings } from './settings.ts';
import { excuse, Turns, welcome } from './turns.ts';

/** A contact that is good, as one before it, is written down no more often than this. */
const NOTE_CONTACT_MS = 30_000;

/** How long an unused session stays open: long enough for the next step, short enough for old servers. */
const IDLE_CLOSE_MS = 5_000;

interface Session {
  readonly opened: Promise<OwnedLink>;
  /** Once it is open. */
  link?: OwnedLink;
  users: number;
  idle?: NodeJS.Timeout;
}

export interface SessionParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: OperationsSettings;
  readonly transport: Transport;
  readonly events: EventBus;
}

/** One FTP session per machine, shared by all that happens there, opened when needed and closed when idle. */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #sessions = new Map<string, Session>();
  readonly #unchecked = new Set<Link>();
  readonly #transcripts = new Map<string, readonly string[]>();
  readonly #stopping = new AbortController();
  readonly #createdMs: number;
  /** By the monotonic clock, since the system's may be set at any time: last contact, and when one was noted. */
  readonly #contactMs = new Map<string, number>();
  readonly #notedMs = new Map<string, number>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#createdMs = parts.clock.monotonicMs();
    // As many as sessions are being opened, and that is no leak.
    setMaxListeners(0, this.#stopping.signal);
  }

  /**
   * Runs `use` with an open link to the machine, its identity checked and its agent's facts fresh. The outcome is
   * written into the machine's health. Throws what opening or `use` throws, as a DomainError.
   */
  async with<T>(machineId: string, use: (link: OwnedLink) => Promise<T>): Promise<T> {
    const session = this.#acquire(machineId);
    try {
      const link = await session.opened;
      const result = await use(link);
      await this.noteContact(machineId);
      return result;
    } catch (thrown) {
      const error = asDomainError(thrown);
      // What is not ours any more is not held on to.
      if (isIdentityError(error)) await session.opened.then((link) => link.close()).catch(() => undefined);
      await this.#noteFailure(machineId, error);
      throw error;
    } finally {
      await this.#release(machineId, session);
    }
  }

  /** Runs `use` with a link of its own for a probe: nothing is checked. `spool` overrides the machine's. */
  async withUnchecked<T>(machine: Machine, spool: string, use: (link: OwnedLink) => Promise<T>): Promise<T> {
    const first = await this.#reach(machine, spool);
    const link = OwnedLink.unchecked(first, this.#parts.clock, this.#turnsOn(machine.id, spool));
    this.#unchecked.add(link);
    try {
      return await use(link);
    } finally {
      this.#unchecked.delete(link);
      await link.close();
    }
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** The last control lines of the newest session with a machine. */
  transcript(machineId: string): readonly string[] {
    return this.#transcripts.get(machineId) ?? [];
  }

  async closeAll(): Promise<void> {
    this.#stopping.abort(new DomainError('CANCELED', 'the daemon is stopping'));
    const open = [...this.#sessions.values()];
    this.#sessions.clear();
    const closing = open.map(async (session) => {
      clearTimeout(session.idle);
      await session.opened.then(
        (link) => link.close(),
        () => undefined,
      );
    });
    await Promise.all([...closing, ...[...this.#unchecked].map((link) => link.close())]);
  }

  #acquire(machineId: string): Session {
    const known = this.#sessions.get(machineId);
    const isCut = known?.link?.isOpen === false;
    const session = known && !isCut ? known : this.#begin(machineId);
    clearTimeout(session.idle);
    session.users += 1;
    return session;
  }

  #begin(machineId: string): Session {
    const session: Session = { opened: this.#openChecked(machineId), users: 0 };
    session.opened.then(
      (link) => (session.link = link),
      () => undefined,
    );
    this.#sessions.set(machineId, session);
    return session;
  }

  /** What begins from now on gets a new session, with the machine's address and password as they are then. */
  renew(machineId: string): void {
    const session = this.#sessions.get(machineId);
    this.#sessions.delete(machineId);
    if (session?.users === 0) void session.link?.close();
  }

  async #release(machineId: string, session: Session): Promise<void> {
    session.users -= 1;
    const link = await session.opened.catch(() => undefined);
    if (!link?.isOpen) {
      if (this.#sessions.get(machineId) === session) this.#sessions.delete(machineId);
      return;
    }
    if (session.users > 0) return;
    if (this.#sessions.get(machineId) !== session) return link.close();
    clearTimeout(session.idle);
    session.idle = setTimeout(() => {
      if (this.#sessions.get(machineId) === session) this.#sessions.delete(machineId);
      void link.close();
    }, IDLE_CLOSE_MS);
    session.idle.unref();
  }

  /** How long a machine has not answered, by this daemon's own life. */
  silentMs(machineId: string): number {
    return this.#parts.clock.monotonicMs() - (this.#contactMs.get(machineId) ?? this.#createdMs);
  }

  /** The machine answered just now. To be said from time to time by whoever keeps a session for long. */
  async noteContact(machineId: string): Promise<void> {
    const { store, clock } = this.#parts;
    const now = clock.monotonicMs();
    this.#contactMs.set(machineId, now);
    if (now - (this.#notedMs.get(machineId) ?? Number.NEGATIVE_INFINITY) < NOTE_CONTACT_MS) return;
    const machine = await store.machines.get(machineId);
    if (!machine) return;
    const good = { health: 'good' as const, lastContactAtMs: clock.nowMs(), lastError: null };
    const updated = await store.machines.update(machineId, good, clock.nowMs());
    this.#notedMs.set(machineId, now);
    if (machine.health !== 'good') this.#publish(updated);
  }

  async #openChecked(machineId: string): Promise<OwnedLink> {
    const { store } = this.#parts;
    const machine = await store.machines.get(machineId);
    if (!machine) throw new DomainError('NOT_FOUND', 'the machine is not registered any more');
    if (machine.spool === undefined) {
      throw new DomainError('MACHINE_NOT_READY', `${machine.name} was never probed`);
    }
    const link = await this.#reach(machine, machine.spool);
    try {
      const ownership = { machineId, daemonId: store.daemonId, name: machine.name };
      const turns = this.#turnsOn(machineId, machine.spool);
      const owned = await OwnedLink.open(link, this.#parts.clock, turns, ownership);
      await checkWords(machine, owned);
      if (goesDown(machine)) owned.takeTurns();
      owned.noteAgent(await welcome(this.#parts, machine, owned, 'working'));
      await this.noteContact(machineId);
      return owned;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  #turnsOn(machineId: string, spool: string): Turns {
    return new Turns(this.#parts, machineId, async () => {
      const machine = await this.#parts.store.machines.get(machineId);
      if (!machine) throw new DomainError('NOT_FOUND', 'the machine is not registered any more');
      return this.#open(machine, spool);
    });
  }

  /** MACHINE_AWAY where it is no wonder that nothing answers. */
  async #reach(machine: Machine, spool: string): Promise<Link> {
    try {
      return await this.#open(machine, spool);
    } catch (thrown) {
      throw await excuse(this.#parts, machine, asDomainError(thrown));
    }
  }

  async #open(machine: Machine, spool: string): Promise<Link> {
    const { settings, store, transport } = this.#parts;
    const target: LinkTarget = {
      machineId: machine.id,
      transport: machine.transport,
      host: machine.host,
      port: machine.port,
      user: machine.user,
      password: await store.machines.password(machine.id),
      spool,
      writeChunkBytes: machine.writeChunkBytes,
      timeouts: settings.ftp,
      allowedNetworks: settings.allowedNetworks,
      ...(worksAlone(machine) && { silenceMs: settings.run.lostAfterMs }),
      ...(machine.server && {
        abilities: {
          restartRead: machine.server.restartRead,
          dataConnections: machine.server.dataConnections,
          ...(machine.server.restartWrite && { restartWrite: machine.server.restartWrite }),
          ...(machine.server.endServer !== undefined && { endServer: machine.server.endServer }),
        },
      }),
    };
    const link = await transport.open(target, this.#stopping.signal);
    this.#transcripts.set(machine.id, link.transcript);
    return link;
  }

  async #noteFailure(machineId: string, error: DomainError): Promise<void> {
    if (this.isStopping || notNoted.includes(error.code)) return;
    const { store, clock, settings } = this.#parts;
    const machine = await store.machines.get(machineId);
    if (!machine) return;
    const now = clock.nowMs();
    if (isExcused(await store.absences.get(machineId), now)) return;
    this.#notedMs.delete(machineId);
    const silent = error.fault === 'network';
    const healthNow = healthAfter(this.silentMs(machineId), settings.run);
    const health = isIdentityError(error)
      ? 'suspect'
      : silent
        ? worse(machine.health, healthNow)
        : machine.health;
    const lastError = { code: error.code, detail: error.message, atMs: now };
    const updated = await store.machines.update(machineId, { health, lastError }, now);
    if (machine.health !== health) this.#publish(updated);
  }

  #publish(machine: Machine): void {
    this.#parts.events.publish({
      type: 'machine',
      machine: machine.name,
      state: machine.state,
      health: machine.health,
    });
  }
}

/** These say nothing of how the machine does. */
const notNoted: readonly ErrorCode[] = ['CANCELED', 'BUG', 'MACHINE_AWAY', 'WAITING_FOR_KEYBOARD'];

/** Silence is not death: how a machine counts after so much of it. */
export function healthAfter(
  silentMs: number,
  limits: { unreachableAfterMs: number; lostAfterMs: number },
): 'late' | 'unreachable' | 'lost' {
  if (silentMs >= limits.lostAfterMs) return 'lost';
  return silentMs >= limits.unreachableAfterMs ? 'unreachable' : 'late';
}

const silences: readonly MachineHealth[] = ['late', 'unreachable', 'lost'];

/** A daemon that was just started has not waited long yet; what an earlier one found goes on. */
function worse(before: MachineHealth, now: MachineHealth): MachineHealth {
  return silences.indexOf(before) > silences.indexOf(now) ? before : now;
}
