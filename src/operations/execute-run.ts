import type { DomainError } from '../domain/errors.ts';
import { asDomainError } from '../domain/errors.ts';
import { isRunEnded, runTable } from '../domain/run.ts';
import { canStep } from '../domain/state-table.ts';
import { concludeRun } from './close-run.ts';
import { driveRun } from './drive-run.ts';
import { bearSilence, driveUnseenRun, isOverTime } from './drive-unseen-run.ts';
import { isIdentityError } from './identity.ts';
import { goesDown } from './one-at-a-time.ts';
import type { Parts } from './parts.ts';
import { moveRun, noteTrouble, refreshRun } from './run-work.ts';
import type { RunWork } from './run-work.ts';
import { noteHere } from './turns.ts';

/** Pause after the first failed contact; doubles up to `run.pollMaxMs`. */
const FIRST_PAUSE_MS = 1_000;

/**
 * Carries a started run to its end, through lost links and restarts of the daemon. Returns early, leaving the state as
 * it is, only when the daemon stops.
 */
export async function executeRun(parts: Parts, work: RunWork): Promise<void> {
  const isUnseen = goesDown(work.machine);
  const drive = isUnseen ? driveUnseenRun : driveRun;
  let pauseMs = FIRST_PAUSE_MS;
  while (!work.signal.aborted && !isRunEnded(work.run.state)) {
    try {
      if (work.run.end && canStep(runTable, work.run.state, 'succeed')) {
        await concludeRun(parts, work, work.run.end);
      } else {
        await parts.sessions.with(work.machine.id, (link) => drive(parts, link, work));
      }
      pauseMs = FIRST_PAUSE_MS;
    } catch (thrown) {
      if (work.signal.aborted) return;
      await bear(parts, work, asDomainError(thrown));
      if (isRunEnded(work.run.state)) break;
      await work.waker.wait(parts.clock, Math.min(pauseMs, parts.settings.run.pollMaxMs), work.signal);
      pauseMs *= 2;
      await refreshRun(parts, work);
    }
  }
  // Whatever ended it, nobody needs to come to the keyboard for it any more.
  if (isUnseen && !work.signal.aborted) await noteHere(parts, work.machine.id, 'keyboard');
}

/** What an error means for the run: nothing yet, lost, or failed when its job never got to the machine. */
async function bear(parts: Parts, work: RunWork, error: DomainError): Promise<void> {
  const { clock, log, sessions, settings } = parts;
  // Whatever failed, a person may have closed the run meanwhile, and perhaps it failed for that.
  await refreshRun(parts, work);
  if (isRunEnded(work.run.state)) return;
  // A job that was done for the run before its own was taken back; the run itself is nowhere yet.
  if (error.code === 'CANCELED' && work.run.cancelRequested) return;
  if (await bearSilence(parts, work, error)) return;
  if (error.code === 'BUG') log.error({ err: error, run: work.run.id }, 'a run broke');
  const silentMs = Math.min(sessions.silentMs(work.machine.id), clock.monotonicMs() - work.begunMs);
  const isLost = silentMs >= settings.run.lostAfterMs || (await isOverTime(parts, work));
  const said = { code: error.code, detail: error.message };
  if (!work.touched && (!error.retry || isLost) && canStep(runTable, work.run.state, 'fail')) {
    await moveRun(parts, work, 'fail', { ...said, jobLeft: false }, 'release');
    return;
  }
  const isGone = (isLost || isIdentityError(error)) && !work.run.end;
  if (isGone && canStep(runTable, work.run.state, 'lose')) {
    await moveRun(parts, work, 'lose', said, 'release');
  } else {
    await noteTrouble(parts, work, error.code, error.message);
  }
}
