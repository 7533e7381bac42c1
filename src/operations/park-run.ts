import { isParked, isRunEnded, runTable } from '../domain/run.ts';
import { canStep } from '../domain/state-table.ts';
import type { Parts } from './parts.ts';
import { moveRun, noteTrouble, refreshRun } from './run-work.ts';
import type { RunWork } from './run-work.ts';
import type { ForPerson } from './turns.ts';

/** The run waits, queued, until somebody lets the agent of its machine at it; it keeps its lane and its job. */
export async function parkRun(parts: Parts, work: RunWork): Promise<void> {
  const code = 'WAITING_FOR_KEYBOARD';
  const detail = `somebody has to end the FTP server of ${work.machine.name}, so that its agent can work`;
  if (canStep(runTable, work.run.state, 'park')) await moveRun(parts, work, 'park', { code, detail });
  // It has begun, and only the agent's next turn tells what became of it.
  else if (!isParked(work.run)) await noteTrouble(parts, work, code, detail);
}

/** A parked run goes on. */
export async function unparkRun(parts: Parts, work: RunWork): Promise<void> {
  if (!isParked(work.run)) return;
  await moveRun(parts, work, 'start', { code: null, detail: null }, 'take');
}

/** For a short job that a run needs done before: the run waits for the person, however long, unless it is canceled. */
export const personFor = (parts: Parts, work: RunWork): ForPerson => ({
  keyPatienceMs: Number.POSITIVE_INFINITY,
  onKeyboard: () => parkRun(parts, work),
  isWanted: async () => {
    await refreshRun(parts, work);
    return !work.run.cancelRequested && !isRunEnded(work.run.state);
  },
});
