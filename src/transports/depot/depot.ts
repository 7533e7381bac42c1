import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../domain/errors.ts';
import type { View } from '../../ftp/server/view.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Link, LinkTarget, Transport } from '../transport.ts';
import { Box } from './box.ts';
import type { PromisedBy } from './box.ts';
import { BoxLink } from './box-link.ts';
import { BoxView } from './box-view.ts';
import type { AgentFile } from './box-view.ts';

/** So many visits may be missed before a machine counts as unreachable. */
const MISSED_VISITS = 3;
const LOOK_MS = 50;

export interface DepotOptions {
  /** Where the boxes lie; made when the first one is needed. */
  readonly folder: string;
  readonly clock: Clock;
  /** How often machines are to come. */
  readonly periodMs: number;
  /** Whether a MACHINE.ID is the one that a machine was given. */
  readonly isOwnId: (machineId: string, bytes: Uint8Array) => boolean;
  /** The MACHINE.ID that a machine is given. */
  readonly idFile: (machineId: string) => Uint8Array;
  readonly promisedBy: PromisedBy;
}

/** Reaches machines that only come by themselves, and fetch: each has a box here. */
export class Depot implements Transport {
  readonly #options: DepotOptions;
  readonly #boxes = new Map<string, Promise<Box>>();

  constructor(options: DepotOptions) {
    this.#options = options;
  }

  /** Waits for what the machine tells in its first visit since somebody asked for it, unless that is overdue. */
  async open(target: LinkTarget, signal: AbortSignal): Promise<Link> {
    const { clock, periodMs } = this.#options;
    const box = await this.#box(target.machineId);
    const limitMs = Math.max(MISSED_VISITS * periodMs, target.silenceMs ?? 0);
    const trouble = () => this.#trouble(box, limitMs);
    while (!box.arrivals.hasHeard) {
      const error = trouble();
      if (error) throw error;
      await clock.sleep(LOOK_MS, signal);
    }
    const error = trouble();
    if (error) throw error;
    return new BoxLink({ box, periodMs, trouble });
  }

  /** What one login of a machine sees. */
  async welcome(machineId: string, address: string, agentFiles: readonly AgentFile[]): Promise<View> {
    const { clock, isOwnId, idFile } = this.#options;
    const box = await this.#box(machineId);
    return new BoxView({
      box,
      address,
      agentFiles,
      idFile: idFile(machineId),
      isOwnId: (bytes) => isOwnId(machineId, bytes),
      nowMs: () => clock.nowMs(),
    });
  }

  async forget(machineId: string): Promise<void> {
    const box = await this.#boxes.get(machineId);
    this.#boxes.delete(machineId);
    await box?.close();
    await rm(join(this.#options.folder, machineId), { recursive: true, force: true });
  }

  /** To be called when no link is open any more. Machines that are here see errors from now on. */
  async close(): Promise<void> {
    const boxes = await Promise.allSettled(this.#boxes.values());
    for (const box of boxes) if (box.status === 'fulfilled') await box.value.close();
  }

  #trouble(box: Box, limitMs: number): DomainError | undefined {
    const { clock } = this.#options;
    const { lacksId, rivals, contactMs } = box.arrivals;
    if (lacksId) return new DomainError('ID_MISSING', 'the machine came without its MACHINE.ID');
    if (rivals) {
      const [one, other] = rivals;
      return new DomainError(
        'WRONG_MACHINE',
        `two machines come with the id of this one, from ${one} and from ${other}: one has a copy of its disk`,
      );
    }
    const silentMs = clock.monotonicMs() - (contactMs ?? box.openedMs);
    if (silentMs <= limitMs) return undefined;
    const seconds = Math.round(silentMs / 1000);
    return new DomainError('UNREACHABLE', `the machine has not come for ${seconds} s`);
  }

  #box(machineId: string): Promise<Box> {
    const known = this.#boxes.get(machineId);
    if (known) return known;
    const opened = this.#openBox(machineId);
    this.#boxes.set(machineId, opened);
    // One that could not be opened may be the next time.
    opened.catch(() => this.#boxes.delete(machineId));
    return opened;
  }

  async #openBox(machineId: string): Promise<Box> {
    const { clock, periodMs, promisedBy, ...options } = this.#options;
    const folder = join(options.folder, machineId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return Box.open({ folder, clock, periodMs, promisedBy });
  }
}
