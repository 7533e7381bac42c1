import type { Run as RunAnswer, RunSummary, TokenLine } from '../../contract/runs.ts';
import type { Run } from '../../domain/run.ts';
import type { TokenEvent } from '../../domain/token-log.ts';
import { defined } from '../defined.ts';
import { bundleReference } from './bundle.ts';
import { isoTime, isoTimeIfKnown } from './time.ts';

export function presentRunSummary(run: Run): RunSummary {
  const { timing, end } = run;
  const rate = timing?.reportedTokensPerSecond ?? timing?.intervalTokensPerSecond;
  return defined({
    id: run.id,
    machine: run.machineName,
    bundle: bundleReference(run.bundleName, run.bundleVersion),
    parameters: run.parameters,
    limits: run.limits,
    state: run.state,
    code: run.code,
    detail: run.detail,
    engine: run.engine,
    tokens: run.tokens,
    tokensPerSecond: rate?.value,
    ttftMs: timing?.ttftMs?.value,
    wallMs: timing?.wallMs?.value ?? end?.wallMs,
    timing,
    exitCode: end?.exitCode,
    signal: end?.signal,
    reason: end?.reason,
    flags: [...run.flags],
    simulated: run.simulated,
    cancelRequested: run.cancelRequested,
    pid: run.pid,
    requestedBy: run.requestedBy,
    createdAt: isoTime(run.createdAtMs),
    startedAt: isoTimeIfKnown(run.startedAtMs),
    endedAt: isoTimeIfKnown(run.endedAtMs),
    logExpiredAt: isoTimeIfKnown(run.logExpiredAtMs),
  });
}

export const presentRun = (run: Run): RunAnswer => defined({ ...presentRunSummary(run), text: run.text });

/** `base64` only where the text alone does not give the bytes back. */
export function presentToken({ index, atMs, bytes, text }: TokenEvent & { text: string }): TokenLine {
  const exact = Buffer.from(bytes);
  return defined({
    index,
    atMs,
    text,
    base64: Buffer.from(text, 'utf8').equals(exact) ? undefined : exact.toString('base64'),
  });
}
