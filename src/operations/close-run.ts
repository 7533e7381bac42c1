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

/** What a log tells of its run. */
export interface Figures {
  readonly patch: RunPatch;
  readonly flags: readonly RunFlag[];
  readonly engine: { readonly printsMarker: boolean; readonly marker: boolean };
}

const noFigures: Pick<Figures, 'patch' | 'flags'> = { patch: {}, flags: [] };

/** What is stored of a run's log. */
export const storedLog = ({ store }: Pick<Parts, 'store'>, run: Pick<Run, 'id'>): AsyncIterable<Uint8Array> =>
  store.runLogs.chunks(run.id, 0);

/** Reads a log through the engine of its bundle. */
export async function readFigures(
  log: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  bundle: Bundle,
  end?: RunEnd,
): Promise<Figures> {
  const { header, result, text, tokens, times, isTextCut } = await readOutput(log, bundle);
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
    },
    flags: isTextCut ? ['text-cut'] : [],
    engine: {
      printsMarker: engineById(result.engine)?.hasEndMarker === true,
      marker: result.report.endMarker,
    },
  };
}

export const withFlags = (run: Pick<Run, 'flags'>, more: readonly RunFlag[]): RunFlag[] => [
  ...new Set([...run.flags, ...more]),
];

/** Closes a run by its END. Needs nothing from the machine any more. */
export async function concludeRun(parts: Parts, work: RunWork, end: RunEnd): Promise<void> {
  const figures = await readFigures(storedLog(parts, work.run), work.bundle, end);
  await close(parts, work, outcomeOf(end, figures.engine), figures);
}

/** Closes a run that has no END to go by, with what is stored of its log. */
export async function failRun(parts: Parts, work: RunWork, code: string, detail: string): Promise<void> {
  const isEmpty = (await parts.store.runLogs.end(work.run.id)) === 0;
  const figures = isEmpty ? noFigures : await readFigures(storedLog(parts, work.run), work.bundle);
  await close(parts, work, { event: 'fail', code, detail, flags: [] }, figures);
}

async function close(
  parts: Parts,
  work: RunWork,
  outcome: Outcome,
  figures: Pick<Figures, 'patch' | 'flags'>,
): Promise<void> {
  const { event, code, detail, flags } = outcome;
  const said = { code: code ?? null, detail: detail ?? null };
  const patch = {
    ...figures.patch,
    ...said,
    flags: withFlags(work.run, [...figures.flags, ...flags]),
    // What lies there under this job's name is another's, and is left alone.
    ...(work.logIsForeign === true && { jobLeft: false }),
  };
  await moveRun(parts, work, event, patch, 'release');
}
