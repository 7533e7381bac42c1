import type { RunSummary } from '../contract/runs.ts';
import { rate } from './format.ts';

/** How a run went, in one line. */
export function describeEnd(run: RunSummary): string {
  const { tokensPerSecond, ttftMs, timing } = run;
  const figure = timing?.reportedTokensPerSecond ?? timing?.intervalTokensPerSecond;
  const parts = [
    run.tokens === undefined ? undefined : `${run.tokens} tokens`,
    tokensPerSecond === undefined
      ? undefined
      : `${rate(tokensPerSecond)} tok/s${figure ? ` (${figure.source}’s clock)` : ''}`,
    ttftMs === undefined ? undefined : `first after ${Math.round(ttftMs)} ms`,
    run.exitCode === undefined ? undefined : `exit ${run.exitCode}`,
    run.code === undefined ? undefined : `${run.code}: ${run.detail ?? ''}`,
    run.simulated ? 'simulated' : undefined,
    run.flags.includes('by-hand') ? 'brought by hand' : undefined,
  ].filter((part) => part !== undefined);
  return `run ${run.id} on ${run.machine} ${run.state}: ${parts.join(', ')}`;
}
