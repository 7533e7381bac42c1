import { asDomainError, DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/open-store.ts';
import type { Link, LinkTarget, Transport } from '../transports/transport.ts';
import { refreshAgent } from './agent-facts.ts';
import { checkIdentity, readIdentity } from './identity.ts';
import type { EventBus } from './event-bus.ts';
import type { OperationsSettings } from './settings.ts';

/** How long an unused session stays open: long enough for the next step, short enough for old servers. */
const IDLE_CLOSE_MS = 5_000;

interface Session {
  readonly opened: Promise<Link>;
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
  readonly #transcripts = new Map<string, readonly string[]>();
  readonly #stopping = new AbortController();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /**
   * Runs `use` with an open link to the machine, its identity checked and its agent's facts fresh. The outcome is
   * written into the machine's health. Throws what opening or `use` throws, as a DomainError.
   */
  async with<T>(machineId: string, use: (link: Link) => Promise<T>): Promise<T> {
    const session = this.#acquire(machineId);
    try {
      const link = await session.opened;
      const result = await use(link);
      await this.#noteContact(machineId);
      return result;
    } catch (thrown) {
      const error = asDomainError(thrown);
      await this.#noteFailure(machineId, error);
      throw error;
    } finally {
      await this.#release(machineId, session);
    }
  }

  /** A link of its own for a probe: nothing is checked, the caller closes it. `spool` overrides the machine's. */
  async openUnchecked(machine: Machine, spool: string): Promise<Link> {
    const link = await this.#open(machine, spool);
    this.#transcripts.set(machine.id, link.transcript);
    return link;
  }

  /** The last control lines of the newest session with a machine. */
  transcript(machineId: string): readonly string[] {
    return this.#transcripts.get(machineId) ?? [];
  }

  async closeAll(): Promise<void> {
    this.#stopping.abort(new DomainError('CANCELED', 'the daemon is stopping'));
    const open = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(
      open.map(async (session) => {
        clearTimeout(session.idle);
        await session.opened.then(
          (link) => link.close(),
          () => undefined,
        );
      }),
    );
  }

  #acquire(machineId: string): Session {
    let session = this.#sessions.get(machineId);
    if (!session) {
      session = { opened: this.#openChecked(machineId), users: 0 };
      session.opened.catch(() => undefined);
      this.#sessions.set(machineId, session);
    }
    clearTimeout(session.idle);
    session.users += 1;
    return session;
  }

  async #release(machineId: string, session: Session): Promise<void> {
    session.users -= 1;
    const link = await session.opened.catch(() => undefined);
    if (!link?.isOpen) {
      if (this.#sessions.get(machineId) === session) this.#sessions.delete(machineId);
      return;
    }
    if (session.users > 0) return;
    clearTimeout(session.idle);
    session.idle = setTimeout(() => {
      if (this.#sessions.get(machineId) === session) this.#sessions.delete(machineId);
      void link.close();
    }, IDLE_CLOSE_MS);
    session.idle.unref();
  }

  async #openChecked(machineId: string): Promise<Link> {
    const { store } = this.#parts;
    const machine = await store.machines.get(machineId);
    if (!machine) throw new DomainError('NOT_FOUND', 'the machine is not registered any more');
    if (machine.spool === undefined) {
      throw new DomainError('MACHINE_NOT_READY', `${machine.name} was never probed`);
    }
    const link = await this.#open(machine, machine.spool);
    this.#transcripts.set(machineId, link.transcript);
    try {
      checkIdentity(await readIdentity(link), { machineId, daemonId: store.daemonId, name: machine.name });
      await refreshAgent(this.#parts, machine, link);
      return link;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  async #open(machine: Machine, spool: string): Promise<Link> {
    const { settings, store, transport } = this.#parts;
    const target: LinkTarget = {
      host: machine.host,
      port: machine.port,
      user: machine.user,
      password: await store.machines.password(machine.id),
      spool,
      writeChunkBytes: machine.writeChunkBytes,
      timeouts: settings.ftp,
      allowedNetworks: settings.allowedNetworks,
      ...(machine.server && {
        abilities: {
          restartRead: machine.server.restartRead,
          dataConnections: machine.server.dataConnections,
          ...(machine.server.restartWrite && { restartWrite: machine.server.restartWrite }),
        },
      }),
    };
    return transport.open(target, this.#stopping.signal);
  }

  async #noteContact(machineId: string): Promise<void> {
    const { store, clock } = this.#parts;
    const machine = await store.machines.get(machineId);
    if (!machine) return;
    const now = clock.nowMs();
    const fresh = machine.health === 'good' && now - (machine.lastContactAtMs ?? 0) < 1_000;
    if (fresh) return;
    const updated = await store.machines.update(
      machineId,
      { health: 'good', lastContactAtMs: now, lastError: null },
      now,
    );
    if (machine.health !== 'good') this.#publish(updated);
  }

  async #noteFailure(machineId: string, error: DomainError): Promise<void> {
    if (this.#stopping.signal.aborted || error.code === 'CANCELED') return;
    const { store, clock, settings } = this.#parts;
    const machine = await store.machines.get(machineId);
    if (!machine) return;
    const now = clock.nowMs();
    const silentMs = now - (machine.lastContactAtMs ?? machine.createdAtMs);
    const silent = error.fault === 'network';
    const suspect =
      error.code === 'WRONG_MACHINE' || error.code === 'ID_MISSING' || error.code === 'MACHINE_OWNED';
    const health = suspect ? 'suspect' : silent ? healthAfter(silentMs, settings.run) : machine.health;
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

/** Silence is not death: how a machine counts after so much of it. */
export function healthAfter(
  silentMs: number,
  limits: { unreachableAfterMs: number; lostAfterMs: number },
): 'late' | 'unreachable' | 'lost' {
  if (silentMs >= limits.lostAfterMs) return 'lost';
  return silentMs >= limits.unreachableAfterMs ? 'unreachable' : 'late';
}
