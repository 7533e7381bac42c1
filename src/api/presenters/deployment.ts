import type {
  Deployment as DeploymentAnswer,
  DeploymentSummary,
  Receipt as ReceiptAnswer,
  Target as TargetAnswer,
} from '../../contract/deployments.ts';
import { deploymentState, type Deployment, type Receipt, type Target } from '../../domain/deployment.ts';
import { defined } from '../defined.ts';
import { bundleReference } from './bundle.ts';
import { isoTime, isoTimeIfKnown } from './time.ts';

function etaSeconds({ state, bytesTotal, bytesSent, bytesPerSecond }: Target): number | undefined {
  if (state !== 'transferring' || !bytesPerSecond) return undefined;
  return Math.max(0, bytesTotal - bytesSent) / bytesPerSecond;
}

const presentTarget = (target: Target): TargetAnswer =>
  defined({
    machine: target.machineName,
    state: target.state,
    code: target.code,
    detail: target.detail,
    attempts: target.attempts,
    notBefore: isoTimeIfKnown(target.notBeforeMs),
    bytesSent: target.bytesSent,
    bytesTotal: target.bytesTotal,
    bytesPerSecond: target.bytesPerSecond,
    etaSeconds: etaSeconds(target),
    startedAt: isoTimeIfKnown(target.startedAtMs),
    endedAt: isoTimeIfKnown(target.endedAtMs),
  });

function countStates(targets: readonly Target[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of targets) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

export const presentDeploymentSummary = (
  deployment: Deployment,
  targets: readonly Target[],
): DeploymentSummary => ({
  id: deployment.id,
  bundle: bundleReference(deployment.bundleName, deployment.bundleVersion),
  state: deploymentState(targets.map((target) => target.state)),
  requestedBy: deployment.requestedBy,
  createdAt: isoTime(deployment.createdAtMs),
  counts: countStates(targets),
});

export const presentDeployment = (deployment: Deployment, targets: readonly Target[]): DeploymentAnswer => ({
  ...presentDeploymentSummary(deployment, targets),
  targets: targets.map(presentTarget),
});

/** `bundle` as name@version, where that bundle is still known. */
export const presentReceipt = (receipt: Receipt, bundle: string | undefined): ReceiptAnswer =>
  defined({
    id: receipt.id,
    machine: receipt.machineName,
    deployment: receipt.deploymentId,
    bundle,
    path: receipt.path,
    sizeBytes: receipt.sizeBytes,
    sha256: receipt.sha256,
    crc32: receipt.crc32,
    method: receipt.method,
    requestedBy: receipt.requestedBy,
    at: isoTime(receipt.atMs),
  });
