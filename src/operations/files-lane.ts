import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import { randomHex } from '../lib/random-id.ts';
import type { Parts } from './parts.ts';

/** What is done with files on a machine outside of deployments and runs. */
export type FilesWork = 'verify' | 'remove' | 'tidy' | 'update';

type LaneParts = Pick<Parts, 'store' | 'clock' | 'settings'>;

/**
 * Holds the machine's lane while `use` works. Work of this kind is short, and waits for its like; MACHINE_BUSY when
 * anything else has the lane, or a run was lost there.
 */
export async function withFilesLane<T>(
  parts: LaneParts,
  machine: Machine,
  what: FilesWork,
  signal: AbortSignal,
  use: () => Promise<T>,
): Promise<T> {
  const { store } = parts;
  const active = await store.runs.active();
  const lost = active.find((run) => run.machineId === machine.id && run.state === 'lost');
  if (lost) {
    throw new DomainError('MACHINE_BUSY', `run ${lost.id} was lost on ${machine.name} and may go on there`);
  }
  const ownerId = `${what}:${randomHex(4)}`;
  await takeLane(parts, machine, ownerId, signal);
  try {
    return await use();
  } finally {
    await store.lanes.release(machine.id, ownerId);
  }
}

async function takeLane(
  { store, clock, settings }: LaneParts,
  machine: Machine,
  ownerId: string,
  signal: AbortSignal,
): Promise<void> {
  const startMs = clock.monotonicMs();
  const lane = { machineId: machine.id, kind: 'files', ownerId, sinceMs: clock.nowMs() } as const;
  while (!(await store.lanes.take(lane))) {
    const holder = await store.lanes.get(machine.id);
    const isLike = holder === undefined || holder.kind === 'files';
    if (!isLike || clock.monotonicMs() - startMs > settings.jobs.waitMs) {
      throw new DomainError('MACHINE_BUSY', `${holder?.ownerId ?? 'something else'} has ${machine.name} now`);
    }
    await clock.sleep(settings.jobs.pollMs, signal);
  }
}
