import { buildArguments } from '../domain/command-line.ts';
import { DomainError } from '../domain/errors.ts';
import { isRunEnded, runTable } from '../domain/run.ts';
import { canStep } from '../domain/state-table.ts';
import { encodeRunJob } from '../spool/job-file.ts';
import { jobTempPath, logPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { readAgent } from './agent-facts.ts';
import { failRun } from './close-run.ts';
import { followLog } from './follow-log.ts';
import { deliverJob, findJob } from './jobs.ts';
import type { Parts } from './parts.ts';
import { requirePlaced } from './placements.ts';
import { personFor } from './park-run.ts';
import { moveRun } from './run-work.ts';
import type { RunWork } from './run-work.ts';
import { settleLeftovers } from './settle-leftovers.ts';

/** Finds the job, delivers it when it is nowhere, and brings the run's state up to what was found. */
export async function locateRun(parts: Parts, link: Link, work: RunWork): Promise<void> {
  const place = await findJob(link, work.key.id);
  if (place === 'absent') return settleAbsent(parts, link, work);
  const { state } = work.run;
  if (state === 'running' && place === 'waiting') {
    await moveRun(parts, work, 'unclaimed', { code: null, detail: null });
  }
  if (state !== 'lost') return;
  const event = place === 'waiting' ? 'unclaimed' : 'found';
  await moveRun(parts, work, event, { code: null, detail: null }, 'take');
}

/** A run that is under way must be somewhere on its machine; when it is not, its evidence is gone and it is closed. */
export async function requireTrace(parts: Parts, link: Link, work: RunWork): Promise<void> {
  if ((await findJob(link, work.key.id)) === 'absent') await settleAbsent(parts, link, work);
}

/**
 * Neither the job nor its end is there. What was never seen claimed can be delivered (again, under the same id: the
 * agent refuses a second claim); of anything else only evidence could tell, and there is none.
 */
async function settleAbsent(parts: Parts, link: Link, work: RunWork): Promise<void> {
  const { run, key } = work;
  if ((await link.size(logPath(key.id))) !== undefined) {
    while (await followLog(parts, link, work));
    return failRun(
      parts,
      work,
      'LOST_EVIDENCE',
      'the machine has a log of this run, but neither its job nor its end',
    );
  }
  if (run.flags.includes('restored')) {
    return failRun(
      parts,
      work,
      'RESTORED',
      'the data was restored from a backup in which this run was under way, and the machine has nothing of it any more',
    );
  }
  if (run.claimedAtMs !== undefined || run.state === 'collecting') {
    return failRun(parts, work, 'LOST_EVIDENCE', 'the machine has neither the job nor its end any more');
  }
  // Its delivery may have broken off before the job had its name.
  if (work.touched) await link.remove(jobTempPath(key.id));
  work.touched = false;
  if (run.cancelRequested) {
    const said = { code: 'CANCELED', detail: 'it was never on its machine', jobLeft: false };
    // From a state in which it may be under way the way to the end leads over `canceling`.
    if (canStep(runTable, run.state, 'cancel')) await moveRun(parts, work, 'cancel', said);
    if (!isRunEnded(work.run.state)) await moveRun(parts, work, 'stopped', said, 'release');
    return;
  }
  if (
    (run.state === 'lost' || run.state === 'running') &&
    !(await moveRun(parts, work, 'unclaimed', { code: null, detail: null }, 'take'))
  ) {
    throw new DomainError('SERVER_BUSY', 'other work has the machine at the moment');
  }
  await deliver(parts, link, work);
}

async function deliver(parts: Parts, link: Link, work: RunWork): Promise<void> {
  const { bundle, key, machine, run } = work;
  if (isRunEnded(run.state)) return;
  if (!bundle.command) throw new DomainError('BUNDLE_HAS_NO_COMMAND', `${bundle.name} has no command to run`);
  const agent = await readAgent(link, parts.clock);
  if (!agent) throw new DomainError('AGENT_NEEDED', `there is no AGENT.NFO in the spool of ${machine.name}`);
  await settleLeftovers(parts, link, machine.id, work.signal);
  await requirePlaced(parts, link, machine, bundle, work.signal, personFor(parts, work));
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
