import type { Finding } from '../../domain/finding.ts';
import type { Platform } from '../../platforms/platform.ts';
import type { Plan } from './plan.ts';

/** AGENT_NEEDED: without one, files are delivered and checked by reading them back, but nothing can be run. */
export function checkAgent({ agentPresent, hasCommand }: Plan): Finding[] {
  if (agentPresent) return [];
  const level = hasCommand ? 'warn' : 'info';
  const message = 'No agent runs on the machine: files are delivered without it, but nothing can be run.';
  return [{ level, code: 'AGENT_NEEDED', message }];
}

/** AGENT_UNKNOWN_KIND: an agent that does not know the jobs that are needed. */
export function checkAgentKinds({ agentPresent, agentKinds, hasCommand }: Plan): Finding[] {
  const missing = (hasCommand ? ['place', 'run'] : ['place']).filter((kind) => !agentKinds.includes(kind));
  if (!agentPresent || missing.length === 0) return [];
  const message = `The agent does not know jobs of the kind ${missing.join(' and ')}.`;
  return [{ level: 'block', code: 'AGENT_UNKNOWN_KIND', message }];
}

/** RUN_UNSEEN: on a system with one program at a time, nobody sees the machine while a run is on. */
export function checkUnseenRuns({ platform, hasCommand }: Plan): Finding[] {
  return hasCommand ? unseenRuns(platform) : [];
}

/** What a platform cannot do during a run, before one is started there; nothing where a run is as usual. */
export function unseenRuns({ label, serverDuringRun, liveLog, canKill, canLimit }: Platform): Finding[] {
  if (serverDuringRun === 'up') return [];
  const cannot = [
    ...(liveLog ? [] : ['its output comes at its end']),
    ...(canKill ? [] : ['it cannot be stopped']),
    ...(canLimit ? [] : ['its time limit only says when it counts as lost']),
  ];
  const message =
    `${label} does one thing at a time: while a run is on, the machine cannot be reached; ${cannot.join(', ')}. ` +
    'Such runs need a time limit.';
  return [{ level: 'info', code: 'RUN_UNSEEN', message }];
}
