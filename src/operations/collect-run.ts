import { crc32Hex } from '../lib/crc32.ts';
import { timingOf } from '../domain/timing-figures.ts';
import { asDomainError } from '../domain/errors.ts';
import type { RunEnd, RunFlag } from '../domain/run.ts';
import { engineById } from '../engines/index.ts';
import { textOf } from '../engines/text.ts';
import { keptPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { clearJob } from './jobs.ts';
import { outcomeOf } from './run-outcome.ts';
import { readOutput } from './run-output.ts';
import { moveRun } from './run-work.ts';
import type { RunWork } from './run-work.ts';
import { followLog } from './follow-log.ts';
import type { Parts } from './parts.ts';

/** A kept side file that is larger says too little for its size. */
const MAX_KEPT_BYTES = 1024 * 1024;

/**
 * After the END: the rest of the log, the kept files, then the commit of END, and only then the files on the machine
 * are removed.
 */
export async function collectRun(parts: Parts, link: Link, work: RunWork, end: RunEnd): Promise<void> {
  while (await followLog(parts, link, work));
  const flags = await logFlags(parts, work, end);
  for (const kept of end.kept) {
    const bytes = await link.read(keptPath(work.key.id, kept.slot), { maxBytes: MAX_KEPT_BYTES });
    await parts.store.runs.addFile(work.run.id, kept.name, bytes);
  }
  await parts.store.runLogs.merge(work.run.id);
  await parts.store.runs.update(work.run.id, { end, flags });
  work.run = { ...work.run, end, flags };
  try {
    await clearJob(parts, link, work.key.id, end.kept.length);
  } catch (error) {
    // Everything is safe here; what stays on the machine only takes room there.
    parts.log.warn(
      { code: asDomainError(error).code, run: work.run.id },
      'the run’s files stay on the machine',
    );
  }
}

/** Whether what we hold is what the agent says it wrote. */
async function logFlags(parts: Parts, work: RunWork, end: RunEnd): Promise<RunFlag[]> {
  const flags = new Set(work.run.flags);
  if (end.logCut) flags.add('log-cut');
  const stored = await parts.store.runLogs.end(work.run.id);
  if (end.logBytes !== undefined && stored < end.logBytes) flags.add('machine-lost-log');
  if (end.logBytes === stored && end.logCrc32 !== undefined) {
    let crc: string | undefined;
    for await (const bytes of parts.store.runLogs.chunks(work.run.id, 0)) crc = crc32Hex(bytes, crc);
    if (crc !== undefined && crc !== end.logCrc32) flags.add('log-conflict');
  }
  return [...flags];
}

/** Reads the stored log through its engine and closes the run. Needs nothing from the machine any more. */
export async function concludeRun(parts: Parts, work: RunWork, end: RunEnd): Promise<void> {
  const { header, events, result } = await readOutput(parts.store, work.run, work.bundle);
  const outcome = outcomeOf(end, {
    printsMarker: engineById(result.engine)?.hasEndMarker === true,
    marker: result.report.endMarker,
  });
  const timing = timingOf({
    events,
    report: result.report,
    agentClock: { name: header?.clock ?? 'unknown', stepMs: (header?.stepUs ?? 0) / 1000 },
    ...(end.wallMs !== undefined && { wallMs: end.wallMs }),
  });
  await moveRun(
    parts,
    work,
    outcome.event,
    {
      code: outcome.code ?? null,
      detail: outcome.detail ?? null,
      flags: [...new Set([...work.run.flags, ...outcome.flags])],
      timing,
      text: textOf(events),
      tokens: events.length,
      engine: result.engine,
    },
    'release',
  );
}
