import { timingOf } from '../domain/timing-figures.ts';
import type { Run, RunEnd, RunFlag } from '../domain/run.ts';
import type { Bundle } from '../domain/bundle.ts';
import { engineById } from '../engines/index.ts';
import type { Parts } from './parts.ts';
import { outcomeOf } from './run-outcome.ts';
import type { Outcome } from './run-outcome.ts';
import { readOutput } from './run-output.ts';
import { moveRun } from './run-work.ts';
import type { RunPatch, RunWork } from './run-work.ts';

/** What the stored log tells of a run, read through its engine. */
export async function readFigures(
  parts: Pick<Parts, 'store'>,
  run: Run,
  bundle: Bundle,
  end?: RunEnd,
): Promise<{ patch: RunPatch; engine: { printsMarker: boolean; marker: boolean } }> {
  const { header, result, text, tokens, times, isTextCut } = await readOutput(parts.store, run, bundle);
  const timing = timingOf({
    times,
    report: result.report,
    agentClock: { name: header?.clock ?? 'unknown', stepMs: (header?.stepUs ?? 0) / 1000 },
    ...(end?.wallMs !== undefined && { wallMs: end.wallMs }),
  });
  return {
    patch: {
      timing,
      text,
      tokens,
      engine: result.engine,
      ...(isTextCut && { flags: withFlags(run, ['text-cut']) }),
    },
    engine: {
      printsMarker: engineById(result.engine)?.hasEndMarker === true,
      marker: result.report.endMarker,
    },
  };
}

const withFlags = (run: Pick<Run, 'flags'>, more: readonly RunFlag[]): RunFlag[] => [
  ...new Set([...run.flags, ...more]),
];

/** Closes a run by its END. Needs nothing from the machine any more. */
export async function concludeRun(parts: Parts, work: RunWork, end: RunEnd): Promise<void> {
  const { patch, engine } = await readFigures(parts, work.run, work.bundle, end);
  await close(parts, work, outcomeOf(end, engine), patch);
}

/** Closes a run that has no END to go by, with what is stored of its log. */
export async function failRun(parts: Parts, work: RunWork, code: string, detail: string): Promise<void> {
  const isEmpty = (await parts.store.runLogs.end(work.run.id)) === 0;
  const patch = isEmpty ? {} : (await readFigures(parts, work.run, work.bundle)).patch;
  await close(parts, work, { event: 'fail', code, detail, flags: [] }, patch);
}

async function close(parts: Parts, work: RunWork, outcome: Outcome, figures: RunPatch): Promise<void> {
  const { event, code, detail, flags } = outcome;
  const said = { code: code ?? null, detail: detail ?? null };
  const patch = {
    ...figures,
    ...said,
    flags: withFlags({ flags: figures.flags ?? work.run.flags }, flags),
    // What lies there under this job's name is another's, and is left alone.
    ...(work.logIsForeign === true && { jobLeft: false }),
  };
  await moveRun(parts, work, event, patch, 'release');
}
