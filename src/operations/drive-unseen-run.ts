import { isExcused } from '../domain/absence.ts';
import type { Absence } from '../domain/absence.ts';
import type { DomainError } from '../domain/errors.ts';
import { isRunEnded, runTable } from '../domain/run.ts';
import type { Run } from '../domain/run.ts';
import { canStep } from '../domain/state-table.ts';
import { jobPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { concludeRun } from './close-run.ts';
import { collectRun } from './collect-run.ts';
import { findEnd } from './find-end.ts';
import { locateRun } from './locate-run.ts';
import type { OwnedLink } from './owned-link.ts';
import { parkRun, unparkRun } from './park-run.ts';
import type { Parts } from './parts.ts';
import { moveRun, moveRunIfPossible, noteTrouble, refreshRun } from './run-work.ts';
import type { RunWork } from './run-work.ts';
import {
  isOver,
  isSilence,
  leavingMs,
  MOST_TURNS,
  noteAway,
  noteHere,
  noteKeyboard,
  sendAway,
} from './turns.ts';

/**
 * A run on a machine that does one thing at a time, over one session: its job is delivered and the server made to leave,
 * or, when it is back, the end is collected. Returns when the machine goes away; what happens there nobody sees.
 */
export async function driveUnseenRun(parts: Parts, link: OwnedLink, work: RunWork): Promise<void> {
  delete work.missed;
  await locateRun(parts, link, work);
  if (isRunEnded(work.run.state)) return;
  const end = await findEnd(parts, link, work);
  if (isRunEnded(work.run.state)) return;
  if (end) {
    await unparkRun(parts, work);
    await moveRunIfPossible(parts, work, 'ended');
    await collectRun(parts, link, work, end);
    await noteHere(parts, work.machine.id);
    return concludeRun(parts, work, end);
  }
  await refreshRun(parts, work);
  if (work.run.cancelRequested && (await isTakenBack(parts, link, work))) return;
  await handOver(parts, link, work);
}

/** Only a job that still lies there can be taken back; what the agent has begun it ends. */
async function isTakenBack(parts: Parts, link: Link, work: RunWork): Promise<boolean> {
  if (isRunEnded(work.run.state)) return true;
  await unparkRun(parts, work);
  await moveRunIfPossible(parts, work, 'cancel');
  if (!(await link.remove(jobPath(work.key.id)))) return false;
  await noteHere(parts, work.machine.id);
  const said = { code: 'CANCELED', detail: 'taken back before it started', jobLeft: false };
  await moveRun(parts, work, 'stopped', said, 'release');
  return true;
}

/** The agent gets its turn: at once where the server may be ended from here, else when somebody does that. */
async function handOver(parts: Parts, link: OwnedLink, work: RunWork): Promise<void> {
  const { clock, settings } = parts;
  const isSilent = work.turns >= MOST_TURNS;
  if (isSilent) {
    await noteTrouble(parts, work, 'AGENT_SILENT', 'the agent has had its turn, and does not take the job');
    await work.waker.wait(clock, settings.jobs.waitMs, work.signal);
    await refreshRun(parts, work);
    if (work.signal.aborted || isRunEnded(work.run.state)) return;
  }
  if (link.abilities.endServer === true) {
    work.turns += 1;
    await unparkRun(parts, work);
    const limitMs = work.run.limits.limitSeconds * 1000;
    const expectMs = (await expectedMs(parts, work.run)) ?? limitMs;
    const plan = { ownerId: ownerOf(work.run), expectMs, limitMs };
    await link.confirm();
    if (await sendAway(parts, work.machine.id, link, plan)) {
      await sayUnseen(parts, work);
      return work.waker.wait(clock, leavingMs(settings), work.signal);
    }
  }
  await waitForKey(parts, link, work);
}

const ownerOf = ({ id }: Run): string => `run:${id}`;

/** Until the agent has had its turn, or the machine is gone and the session with it; both end this. */
async function waitForKey(parts: Parts, link: Link, work: RunWork): Promise<void> {
  const { clock, settings, sessions } = parts;
  await noteKeyboard(parts, work.machine.id, ownerOf(work.run));
  await parkRun(parts, work);
  while (!work.signal.aborted && !isRunEnded(work.run.state)) {
    if (await isOver(link, work.key.id)) return;
    await sessions.noteContact(work.machine.id);
    if (work.run.cancelRequested) return;
    await work.waker.wait(clock, settings.run.pollMaxMs, work.signal);
    await refreshRun(parts, work);
  }
}

async function sayUnseen(parts: Parts, work: RunWork): Promise<void> {
  const said = {
    code: 'RUN_UNSEEN',
    detail: `${work.machine.name} works on it; nothing answers there meanwhile`,
  };
  if (canStep(runTable, work.run.state, 'left')) await moveRun(parts, work, 'left', said);
  else if (!work.run.cancelRequested) await noteTrouble(parts, work, said.code, said.detail);
}

/**
 * What silence means for such a run: true when it was expected, and nothing is wrong yet. When the machine should have
 * been back long since, the run is lost.
 */
export async function bearSilence(parts: Parts, work: RunWork, error: DomainError): Promise<boolean> {
  if (error.code !== 'MACHINE_AWAY' && !isSilence(error)) return false;
  let absence = await parts.store.absences.get(work.machine.id);
  if (absence?.ownerId !== ownerOf(work.run)) return error.code === 'MACHINE_AWAY';
  if (absence.kind === 'keyboard') {
    // Old servers cut sessions in which nothing happens. Only one that cannot be opened again says more.
    if (work.missed !== true) {
      work.missed = true;
      return true;
    }
    absence = await keyWasPressed(parts, work);
  }
  const now = parts.clock.nowMs();
  if (!isExcused(absence, now)) return false;
  if (work.run.cancelRequested) await sayCannotStop(parts, work);
  else if (now > (absence.backByMs ?? now)) await noteOverdue(parts, work);
  else await sayUnseen(parts, work);
  return true;
}

async function keyWasPressed(parts: Parts, work: RunWork): Promise<Absence> {
  const limitMs = work.run.limits.limitSeconds * 1000;
  const expectMs = (await expectedMs(parts, work.run)) ?? limitMs;
  await unparkRun(parts, work);
  return noteAway(parts, work.machine.id, { ownerId: ownerOf(work.run), expectMs, limitMs });
}

const noteOverdue = (parts: Parts, work: RunWork): Promise<void> =>
  noteTrouble(parts, work, 'RUN_OVERDUE', `${work.machine.name} should have been back by now`);

async function sayCannotStop(parts: Parts, work: RunWork): Promise<void> {
  const said = cannotStop(work.machine.name);
  if (canStep(runTable, work.run.state, 'left')) await moveRun(parts, work, 'left');
  if (work.run.state === 'running') await moveRun(parts, work, 'cancel', said);
  else await noteTrouble(parts, work, said.code, said.detail);
}

export const cannotStop = (machine: string): { readonly code: string; readonly detail: string } => ({
  code: 'CANNOT_STOP',
  detail: `${machine} works on it and cannot be reached; when it is back, what came of it is collected`,
});

/** Whether an absence of the run's machine is over its time, so that the run counts as lost. */
export async function isOverTime(parts: Parts, work: RunWork): Promise<boolean> {
  const absence = await parts.store.absences.get(work.machine.id);
  if (absence?.kind !== 'working' || absence.ownerId !== ownerOf(work.run)) return false;
  return !isExcused(absence, parts.clock.nowMs());
}

/** How long the same took there before: the longest of the last few. */
async function expectedMs({ store }: Parts, run: Run): Promise<number | undefined> {
  const { machineId, bundleId } = run;
  const { items } = await store.runs.list({ machineId, bundleId, state: 'succeeded', limit: 20 });
  const same = items.filter((one) => JSON.stringify(one.parameters) === JSON.stringify(run.parameters));
  const times = same.map(({ end }) => end?.wallMs).filter((ms) => ms !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}
