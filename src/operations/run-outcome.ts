import type { RunEvent, RunFlag, RunEnd } from '../domain/run.ts';

export interface Outcome {
  readonly event: Extract<RunEvent, 'succeed' | 'fail' | 'time-out' | 'stopped'>;
  readonly code?: string;
  readonly detail?: string;
  readonly flags: readonly RunFlag[];
}

const fail = (code: string, detail: string): Outcome => ({ event: 'fail', code, detail, flags: [] });

/**
 * What became of a run. The engine's own end marker speaks first: a program that printed it did its work, whatever its
 * exit code says afterwards (llama98.c frees a wild pointer at its end). Then the agent's reason, then the exit code.
 */
export function outcomeOf(end: RunEnd, engine: { printsMarker: boolean; marker: boolean }): Outcome {
  if (end.reason === 'exited') return exitOutcome(end, engine);
  if (end.reason === 'killed')
    return { event: 'stopped', code: 'CANCELED', detail: 'the program was stopped', flags: [] };
  if (end.reason === 'limit') return timeOut('RUN_LIMIT', 'the time limit was passed');
  if (end.reason === 'quiet') return timeOut('RUN_QUIET', 'the program printed nothing for too long');
  if (engine.marker && end.reason === 'agent-restarted')
    return { event: 'succeed', flags: ['exit-after-end'] };
  return (
    failures.get(end.reason)?.(end) ??
    fail('SPOOL_DAMAGED', `the agent gave an unknown reason: ${end.reason}`)
  );
}

const timeOut = (code: string, detail: string): Outcome => ({ event: 'time-out', code, detail, flags: [] });

function exitOutcome(end: RunEnd, engine: { printsMarker: boolean; marker: boolean }): Outcome {
  const clean = end.exitCode === 0 && end.signal === undefined;
  if (clean)
    return { event: 'succeed', flags: engine.marker || !engine.printsMarker ? [] : ['no-end-marker'] };
  if (engine.marker) return { event: 'succeed', flags: ['exit-after-end'] };
  if (end.signal !== undefined)
    return fail('ENGINE_CRASHED', `the program was ended by signal ${end.signal}`);
  return fail('ENGINE_FAILED', `the program ended with exit code ${end.exitCode ?? 'unknown'}`);
}

/** A Map, because the reason is a machine's word and could be the name of any object's method. */
const failures = new Map<string, (end: RunEnd) => Outcome>([
  ['start-failed', (end) => fail('START_FAILED', end.systemError ?? 'the system gave no reason')],
  ['not-placed', () => fail('NOT_DEPLOYED', 'the agent found no BUNDLE.OK in the bundle’s folder')],
  ['agent-restarted', () => fail('AGENT_RESTARTED', 'the agent was started anew while the program ran')],
  ['disk-full', () => fail('DISK_FULL', 'the log did not fit on the machine’s disk')],
  ['log-limit', () => fail('ENGINE_FAILED', 'the program printed more than its log may hold')],
  ['bad-job', (end) => fail('JOB_REFUSED', `the agent refused the job: ${end.why ?? 'no reason'}`)],
]);
