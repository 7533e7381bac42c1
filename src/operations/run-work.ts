import type { Bundle } from '../domain/bundle.ts';
import type { Machine } from '../domain/machine.ts';
import { canStep } from '../domain/state-table.ts';
import type { Run, RunEvent } from '../domain/run.ts';
import { runTable } from '../domain/run.ts';
import type { Waker } from '../lib/waker.ts';
import type { Store } from '../store/open-store.ts';
import type { Parts } from './parts.ts';

export type RunPatch = Parameters<Store['runs']['move']>[2];

/** One run under way. `run` is replaced by what the store holds after each step. */
export interface RunWork {
  run: Run;
  readonly machine: Machine;
  readonly bundle: Bundle;
  readonly key: { readonly id: string; readonly token: string };
  readonly signal: AbortSignal;
  readonly waker: Waker;
  /** Whether the job may be on the machine. Before that a run can simply fail; afterwards its end must be found. */
  touched: boolean;
  /** When this daemon began with it, by the monotonic clock. */
  readonly begunMs: number;
  /** Since when its job is seen to lie untouched in IN, by the monotonic clock. */
  waitingSinceMs?: number;
  /** How many looks in a row found an END that cannot be used. */
  unusableEndLooks: number;
  /** How often the agent was asked for the program's process id. */
  pidLooks: number;
  /** How often its machine's agent was given its turn, where it needs one, and has not taken the job. */
  turns: number;
  /** The machine did not answer the last time, where somebody at its keyboard is waited for. */
  missed?: boolean;
  /** The LOG under this job's name is another's. */
  logIsForeign?: boolean;
}

/** Moves a run, and tells listeners. False when the lane that the move needs is taken. */
export async function moveRun(
  parts: Parts,
  work: { run: Run },
  event: RunEvent,
  patch: RunPatch = {},
  lane?: 'take' | 'release',
): Promise<boolean> {
  const moved = await parts.store.runs.move(work.run.id, event, patch, lane, parts.clock.nowMs());
  if (!moved) return false;
  work.run = moved;
  publishRun(parts, moved);
  return true;
}

/** The run as the store has it now: a person may have canceled or abandoned it. */
export async function refreshRun(parts: Parts, work: { run: Run }): Promise<void> {
  work.run = (await parts.store.runs.get(work.run.id)) ?? work.run;
}

/** Says what hinders a run, once; its state stays. */
export async function noteTrouble(
  parts: Parts,
  work: { run: Run },
  code: string,
  detail: string,
): Promise<void> {
  if (work.run.code === code) return;
  await parts.store.runs.update(work.run.id, { code, detail });
  work.run = { ...work.run, code, detail };
  publishRun(parts, work.run);
}

/** Moves a run if the event can happen in its state; otherwise leaves it. */
export async function moveRunIfPossible(parts: Parts, work: { run: Run }, event: RunEvent): Promise<void> {
  if (canStep(runTable, work.run.state, event)) await moveRun(parts, work, event);
}

export function publishRun(parts: Pick<Parts, 'events'>, run: Run): void {
  parts.events.publish({
    type: 'run',
    runId: run.id,
    machine: run.machineName,
    state: run.state,
    ...(run.code !== undefined && { code: run.code }),
    ...(run.detail !== undefined && { detail: run.detail }),
  });
}
