import type {
  Deployment as DeploymentAnswer,
  DeploymentSummary,
  Receipt as ReceiptAnswer,
  Target as TargetAnswer,
} from '../../contract/deployments.ts';
import {
  deploymentState,
  isProof,
  type Deployment,
  type Receipt,
  type Target,
  type TargetState,
} from '../../domain/deployment.ts';
import { defined } from '../defined.ts';
import { bundleReference } from './bundle.ts';
import { isoTime, isoTimeIfKnown } from './time.ts';

function etaSeconds({ state, bytesTotal, bytesSent, bytesPerSecond }: Target): number | undefined {
  if (state !== 'transferring' || !bytesPerSecond) return undefined;
  return Math.max(0, bytesTotal - bytesSent) / bytesPerSecond;
}

interface Obstacle {
  readonly code: string;
  readonly detail: string;
}

const presentTarget = (target: Target, obstacle: Obstacle | undefined): TargetAnswer =>
  defined({
    machine: target.machineName,
    state: target.state,
    code: obstacle?.code ?? target.code,
    detail: obstacle?.detail ?? target.detail,
    attempts: target.attempts,
    notBefore: isoTimeIfKnown(target.notBeforeMs),
    bytesSent: target.bytesSent,
    bytesTotal: target.bytesTotal,
    bytesPerSecond: target.bytesPerSecond,
    etaSeconds: etaSeconds(target),
    proof: target.proof,
    proven: target.proof && isProof(target.proof),
    startedAt: isoTimeIfKnown(target.startedAtMs),
    endedAt: isoTimeIfKnown(target.endedAtMs),
  });

function countStates(targets: readonly Target[]): Map<TargetState, number> {
  const counts = new Map<TargetState, number>();
  for (const { state } of targets) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

export const presentDeploymentSummary = (
  deployment: Deployment,
  counts: ReadonlyMap<TargetState, number>,
): DeploymentSummary => ({
  id: deployment.id,
  bundle: bundleReference(deployment.bundleName, deployment.bundleVersion),
  state: deploymentState([...counts.keys()]),
  requestedBy: deployment.requestedBy,
  createdAt: isoTime(deployment.createdAtMs),
  counts: Object.fromEntries(counts),
});

/** `obstacles`, by machine id: what keeps targets from starting that is not their own doing. */
export const presentDeployment = (
  deployment: Deployment,
  targets: readonly Target[],
  obstacles: ReadonlyMap<string, Obstacle>,
): DeploymentAnswer => ({
  ...presentDeploymentSummary(deployment, countStates(targets)),
  targets: targets.map((target) => presentTarget(target, obstacles.get(target.machineId))),
});

/** `bundle` as name@version, where that bundle is still known. */
export const presentReceipt = (receipt: Receipt, bundle: string | undefined): ReceiptAnswer =>
  defined({
    id: receipt.id,
    machine: receipt.machineName,
    machineId: receipt.machineId,
    deployment: receipt.deploymentId,
    bundle,
    path: receipt.path,
    sizeBytes: receipt.sizeBytes,
    sha256: receipt.sha256,
    crc32: receipt.crc32,
    method: receipt.method,
    proven: isProof(receipt.method),
    requestedBy: receipt.requestedBy,
    at: isoTime(receipt.atMs),
  });
