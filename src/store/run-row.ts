import type { Selectable, Updateable } from 'kysely';
import type { Run } from '../domain/run.ts';
import type { Queries } from './database.ts';
import { isParameterValues, isRunEnd, isRunFlags, isRunLimits, isTiming } from './json-shapes.ts';
import { flag, fromJson, fromJsonOrNull, present, toJson, type Patch } from './row-values.ts';
import type { RunTable } from './schema.ts';

/** What changes beside the state; the state and its times move by events only. */
export type RunPatch = Patch<
  Pick<
    Run,
    | 'code'
    | 'detail'
    | 'cancelRequested'
    | 'jobId'
    | 'jobToken'
    | 'pid'
    | 'simulated'
    | 'engine'
    | 'text'
    | 'tokens'
    | 'timing'
    | 'end'
    | 'flags'
  >
> & {
  /** Whether files of its job may still lie on the machine. */
  readonly jobLeft?: boolean;
};

export function selectRuns(db: Queries) {
  return db
    .selectFrom('run')
    .innerJoin('machine', 'machine.id', 'run.machineId')
    .innerJoin('bundle', 'bundle.id', 'run.bundleId')
    .selectAll('run')
    .select(['machine.name as machineName', 'bundle.name as bundleName', 'bundle.version as bundleVersion']);
}

export function toRun(
  row: Selectable<RunTable> & { machineName: string; bundleName: string; bundleVersion: number },
): Run {
  const { jobLeft: _, ...shown } = row;
  return present({
    ...shown,
    parameters: fromJson(row.parameters, isParameterValues, 'run.parameters'),
    limits: fromJson(row.limits, isRunLimits, 'run.limits'),
    cancelRequested: row.cancelRequested === 1,
    simulated: row.simulated === 1,
    timing: fromJsonOrNull(row.timing, isTiming, 'run.timing'),
    end: fromJsonOrNull(row.end, isRunEnd, 'run.end'),
    flags: fromJson(row.flags, isRunFlags, 'run.flags'),
  });
}

/** Only the columns that the patch names. */
export function toRunColumns(patch: RunPatch): Updateable<RunTable> {
  const columns = {
    code: patch.code,
    detail: patch.detail,
    jobId: patch.jobId,
    jobToken: patch.jobToken,
    pid: patch.pid,
    engine: patch.engine,
    text: patch.text,
    tokens: patch.tokens,
    cancelRequested: patch.cancelRequested === undefined ? undefined : flag(patch.cancelRequested),
    jobLeft: patch.jobLeft === undefined ? undefined : flag(patch.jobLeft),
    simulated: patch.simulated === undefined ? undefined : flag(patch.simulated),
    timing: toJson(patch.timing),
    end: toJson(patch.end),
    flags: toJson(patch.flags),
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}
