import { buildArguments } from '../domain/command-line.ts';
import { asDomainError, DomainError } from '../domain/errors.ts';
import { isRunEnded } from '../domain/run.ts';
import { encodeRunJob } from '../spool/job-file.ts';
import { logPath, runPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { readAgent } from './agent-facts.ts';
import { stopOnMachine } from './cancel-run.ts';
import { collectRun, concludeRun } from './collect-run.ts';
import { followLog } from './follow-log.ts';
import { deliverJob, findJob, readEnd } from './jobs.ts';
import type { Parts } from './parts.ts';
import { requirePlaced } from './placements.ts';
import { moveRun, moveRunIfPossible, publishRun } from './run-work.ts';
import type { RunWork } from './run-work.ts';

/** Pause after the first failed contact; doubles up to `run.pollMaxMs`. */
const FIRST_PAUSE_MS = 1_000;

/**
 * Carries a started run to its end, through lost links and restarts of the daemon. Returns early, leaving the state as
 * it is, only when the daemon stops.
 */
export async function executeRun(parts: Parts, work: RunWork): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!work.signal.aborted && !isRunEnded(work.run.state)) {
    try {
      if (work.run.state === 'collecting' && work.run.end) {
        await concludeRun(parts, work, work.run.end);
      } else {
        await parts.sessions.with(work.machine.id, (link) => drive(parts, link, work));
      }
      pauseMs = FIRST_PAUSE_MS;
    } catch (thrown) {
      if (work.signal.aborted) return;
      await bear(parts, work, asDomainError(thrown));
      if (isRunEnded(work.run.state)) return;
      await work.waker.wait(parts.clock, pauseMs, work.signal);
      pauseMs = Math.min(pauseMs * 2, parts.settings.run.pollMaxMs);
    }
  }
}

/** What an error means for the run: nothing yet, lost, or failed when its job never got to the machine. */
async function bear(parts: Parts, work: RunWork, error: DomainError): Promise<void> {
  const { clock, log, settings, store } = parts;
  if (error.code === 'BUG') log.error({ error, run: work.run.id }, 'a run broke');
  const machine = await store.machines.get(work.machine.id);
  const contactMs = Math.max(machine?.lastContactAtMs ?? 0, work.run.startedAtMs ?? 0);
  const isLost = clock.nowMs() - contactMs >= settings.run.lostAfterMs;
  const said = { code: error.code, detail: error.message };
  if (!work.touched && (!error.retry || isLost)) {
    await moveRun(parts, work, 'fail', said, 'release');
    return;
  }
  if (isLost && work.run.state !== 'lost' && error.fault === 'network') {
    await moveRun(parts, work, 'lose', said, 'release');
  } else if (work.run.code !== error.code) {
    await store.runs.update(work.run.id, said);
    work.run = { ...work.run, ...said };
    publishRun(parts, work.run);
  }
}

async function drive(parts: Parts, link: Link, work: RunWork): Promise<void> {
  await locate(parts, link, work);
  let intervalMs = parts.settings.run.pollMinMs;
  let stopSaid = false;
  while (!work.signal.aborted && !isRunEnded(work.run.state)) {
    const grew = await followLog(parts, link, work);
    await noteClaim(parts, link, work, grew);
    const ended = await readEnd(link, work.key, parts.store.daemonId);
    if (ended) {
      await moveRunIfPossible(parts, work, 'ended');
      await collectRun(parts, link, work, ended.end);
      await concludeRun(parts, work, ended.end);
      return;
    }
    if (!stopSaid && (await cancelWanted(parts, work))) {
      await moveRunIfPossible(parts, work, 'cancel');
      stopSaid = true;
      if (await stoppedBeforeStart(parts, link, work)) return;
      continue;
    }
    if (!grew && intervalMs >= parts.settings.run.pollMaxMs) await requireTrace(link, work, parts);
    intervalMs =
      grew || stopSaid
        ? parts.settings.run.pollMinMs
        : Math.min(intervalMs * 2, parts.settings.run.pollMaxMs);
    await work.waker.wait(parts.clock, intervalMs, work.signal);
  }
}

/** Finds the job, delivers it when it is nowhere, and brings the run's state up to what was found. */
async function locate(parts: Parts, link: Link, work: RunWork): Promise<void> {
  const place = await findJob(link, work.key.id);
  if (place === 'absent') {
    const log = await link.size(logPath(work.key.id));
    if (log !== undefined)
      await closeWithoutEvidence(parts, work, 'a log of this run, but neither its job nor its end');
    else if (work.run.state === 'starting') await deliver(parts, link, work);
    else await requireTrace(link, work, parts);
  } else if (work.run.state === 'lost') {
    await moveRun(parts, work, 'found', { code: null, detail: null }, 'take');
  }
}

async function deliver(parts: Parts, link: Link, work: RunWork): Promise<void> {
  const { bundle, key, machine, run } = work;
  if (!bundle.command) throw new DomainError('BUNDLE_HAS_NO_COMMAND', `${bundle.name} has no command to run`);
  const agent = await readAgent(link, parts.clock);
  if (!agent) throw new DomainError('AGENT_NEEDED', `there is no AGENT.NFO in the spool of ${machine.name}`);
  await requirePlaced(parts, link, machine, bundle, work.signal);
  const job = encodeRunJob({
    ...key,
    daemon: parts.store.daemonId,
    dir: bundle.folder,
    ...(bundle.command.exe !== undefined && { exe: bundle.command.exe }),
    ...(bundle.command.program !== undefined && { prog: bundle.command.program }),
    args: buildArguments(bundle.command, run.parameters),
    limits: run.limits,
    keep: bundle.command.keep,
  });
  work.touched = true;
  await deliverJob(link, key.id, job);
}

/** The claim shows in the RUN file, or in a log that grows. Then the machine also knows the program's process id. */
async function noteClaim(parts: Parts, link: Link, work: RunWork, grew: boolean): Promise<void> {
  if (work.run.state === 'starting') {
    const claimed = grew || (await link.size(runPath(work.key.id))) !== undefined;
    if (claimed) await moveRun(parts, work, 'claimed', { code: null, detail: null });
    else await noteSilence(parts, work);
  }
  if (work.run.state === 'running' && work.run.pid === undefined) {
    const agent = await readAgent(link, parts.clock);
    if (agent?.job !== work.key.id || agent.childPid === undefined) return;
    await parts.store.runs.update(work.run.id, { pid: agent.childPid });
    work.run = { ...work.run, pid: agent.childPid };
  }
}

async function noteSilence(parts: Parts, work: RunWork): Promise<void> {
  const waitedMs = parts.clock.nowMs() - (work.run.startedAtMs ?? parts.clock.nowMs());
  if (waitedMs < parts.settings.jobs.waitMs || work.run.code === 'AGENT_SILENT') return;
  const said = {
    code: 'AGENT_SILENT',
    detail: 'the job lies on the machine, but its agent does not take it',
  };
  await parts.store.runs.update(work.run.id, said);
  work.run = { ...work.run, ...said };
  publishRun(parts, work.run);
}

async function cancelWanted(parts: Parts, work: RunWork): Promise<boolean> {
  return (await parts.store.runs.get(work.run.id))?.cancelRequested === true;
}

async function stoppedBeforeStart(parts: Parts, link: Link, work: RunWork): Promise<boolean> {
  const proof = await stopOnMachine(parts, link, work);
  if (proof !== 'never-started') return false;
  await moveRun(
    parts,
    work,
    'stopped',
    { code: 'CANCELED', detail: 'taken back before it started' },
    'release',
  );
  return true;
}

/** A run that is under way must be somewhere on its machine; when it is not, its evidence is gone and it is closed. */
async function requireTrace(link: Link, work: RunWork, parts: Parts): Promise<void> {
  if ((await findJob(link, work.key.id)) !== 'absent') return;
  await closeWithoutEvidence(parts, work, 'neither the job nor its end any more');
}

async function closeWithoutEvidence(parts: Parts, work: RunWork, what: string): Promise<void> {
  await moveRun(parts, work, 'fail', { code: 'LOST_EVIDENCE', detail: `the machine has ${what}` }, 'release');
}
