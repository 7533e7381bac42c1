import { isRunEnded } from '../domain/run.ts';
import { runPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { READ_MS } from './owned-link.ts';
import type { OwnedLink } from './owned-link.ts';
import { ignoreDamage, readAgent } from './agent-facts.ts';
import { stopOnMachine } from './cancel-run.ts';
import { concludeRun } from './close-run.ts';
import { collectRun } from './collect-run.ts';
import { findEnd } from './find-end.ts';
import { followLog } from './follow-log.ts';
import { agentPatienceMs } from './jobs.ts';
import { locateRun, requireTrace } from './locate-run.ts';
import type { Parts } from './parts.ts';
import { moveRun, moveRunIfPossible, noteTrouble, refreshRun } from './run-work.ts';
import type { RunWork } from './run-work.ts';

/** An agent that does not tell the process id at once will not tell it later; the END may. */
const PID_LOOKS = 5;

/** Follows a run over one session: to its end, or until the link breaks or the daemon stops. */
export async function driveRun(parts: Parts, link: OwnedLink, work: RunWork): Promise<void> {
  const { pollMinMs, pollMaxMs } = parts.settings.run;
  const isQuiet = work.run.flags.includes('followed-quietly');
  let intervalMs = isQuiet ? pollMaxMs : pollMinMs;
  let stopSaid = false;
  await locateRun(parts, link, work);
  while (!work.signal.aborted && !isRunEnded(work.run.state)) {
    const lookedAtMs = parts.clock.monotonicMs();
    await link.confirm(READ_MS);
    await parts.sessions.noteContact(work.machine.id);
    // A benchmark is not disturbed by reading what it writes; its whole log comes at the end.
    const grew = !isQuiet && (await followLog(parts, link, work));
    await noteClaim(parts, link, work, grew);
    const end = await findEnd(parts, link, work);
    if (end) {
      await moveRunIfPossible(parts, work, 'ended');
      await collectRun(parts, link, work, end);
      return concludeRun(parts, work, end);
    }
    await refreshRun(parts, work);
    if (isRunEnded(work.run.state)) return;
    if (!stopSaid && work.run.cancelRequested) {
      await moveRunIfPossible(parts, work, 'cancel');
      stopSaid = true;
      if (await stoppedBeforeStart(parts, link, work)) return;
      intervalMs = pollMinMs;
      continue;
    }
    if (!grew && intervalMs >= pollMaxMs) await requireTrace(parts, link, work);
    if (!isQuiet || stopSaid) intervalMs = grew ? pollMinMs : Math.min(intervalMs * 2, pollMaxMs);
    const tookMs = parts.clock.monotonicMs() - lookedAtMs;
    await work.waker.wait(parts.clock, pauseMs(intervalMs, tookMs), work.signal);
  }
}

/** Until the next look: intervals count from look to look, but a machine that is slow to answer gets its rest. */
const pauseMs = (intervalMs: number, tookMs: number): number => Math.max(intervalMs - tookMs, intervalMs / 2);

/** The claim shows in the RUN file, or in a log that grows. Then the machine also knows the program's process id. */
async function noteClaim(parts: Parts, link: Link, work: RunWork, grew: boolean): Promise<void> {
  const { state, claimedAtMs } = work.run;
  if (state === 'starting' || (state === 'canceling' && claimedAtMs === undefined)) {
    const claimed = grew || (await link.size(runPath(work.key.id))) !== undefined;
    if (claimed) await moveRun(parts, work, 'claimed', { code: null, detail: null });
    else await noteSilence(parts, link, work);
  }
  if (work.run.state === 'running' && work.run.pid === undefined && work.pidLooks < PID_LOOKS) {
    work.pidLooks += 1;
    const agent = await readAgent(link, parts.clock).catch(ignoreDamage);
    if (agent?.job !== work.key.id || agent.childPid === undefined) return;
    await parts.store.runs.update(work.run.id, { pid: agent.childPid });
    work.run = { ...work.run, pid: agent.childPid };
  }
}

async function noteSilence(parts: Parts, link: Link, work: RunWork): Promise<void> {
  const now = parts.clock.monotonicMs();
  work.waitingSinceMs ??= now;
  const isEarly = now - work.waitingSinceMs < agentPatienceMs(link, parts.settings);
  if (isEarly || work.run.code === 'AGENT_SILENT') return;
  const other = (await readAgent(link, parts.clock).catch(ignoreDamage))?.job;
  const why =
    other === undefined || other === work.key.id
      ? 'its agent does not take it'
      : `its agent is busy with the job ${other}`;
  await noteTrouble(parts, work, 'AGENT_SILENT', `the job lies on the machine, but ${why}`);
}

async function stoppedBeforeStart(parts: Parts, link: Link, work: RunWork): Promise<boolean> {
  const proof = await stopOnMachine(parts, link, work);
  if (proof !== 'never-started') return false;
  const said = { code: 'CANCELED', detail: 'taken back before it started', jobLeft: false };
  await moveRun(parts, work, 'stopped', said, 'release');
  return true;
}
