import type { Bundle } from '../domain/bundle.ts';
import type { Deployment, Target } from '../domain/deployment.ts';
import type { Machine } from '../domain/machine.ts';
import type { Parts } from './parts.ts';

/** One machine of a deployment, with what is needed to work on it. */
export interface TargetWork {
  readonly deployment: Deployment;
  readonly target: Target;
  readonly machine: Machine;
  readonly bundle: Bundle;
  readonly signal: AbortSignal;
}

/** Tells listeners how a target stands. */
export function publishTarget(parts: Pick<Parts, 'events'>, target: Target): void {
  const left = target.bytesTotal - target.bytesSent;
  const rate = target.bytesPerSecond;
  parts.events.publish({
    type: 'target',
    deploymentId: target.deploymentId,
    machine: target.machineName,
    state: target.state,
    bytesSent: target.bytesSent,
    bytesTotal: target.bytesTotal,
    ...(rate !== undefined && rate > 0 && { bytesPerSecond: rate, etaSeconds: Math.ceil(left / rate) }),
    ...(target.code !== undefined && { code: target.code }),
    ...(target.detail !== undefined && { detail: target.detail }),
  });
}
