import type { Bundle } from '../domain/bundle.ts';
import type { Deployment, ReceiptMethod, Target, TargetEvent } from '../domain/deployment.ts';
import { isProof, weakestMethod } from '../domain/deployment.ts';
import type { Machine } from '../domain/machine.ts';
import type { TargetPatch } from '../store/deployments.ts';
import type { FileCheck } from './measure-bundle.ts';
import type { Parts } from './parts.ts';

/** One machine of a deployment, with what is needed to work on it. */
export interface TargetWork {
  readonly deployment: Deployment;
  readonly target: Target;
  readonly machine: Machine;
  readonly bundle: Bundle;
  readonly signal: AbortSignal;
  /** After `signal` was aborted: whether a person canceled, and not the daemon stops. */
  readonly isCanceled: () => boolean;
  /** To be called when nothing more is sent: while the machine works by itself, another one can be sent to. */
  readonly allSent: () => void;
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

/** One step of the target's state, unless it was asked to stop. */
export async function stepTarget(
  parts: Parts,
  { deployment, machine, signal }: TargetWork,
  event: TargetEvent,
  patch: TargetPatch = {},
): Promise<void> {
  signal.throwIfAborted();
  const now = parts.clock.nowMs();
  const { deployments } = parts.store;
  const moved = await deployments.moveTarget(deployment.id, machine.id, event, patch, undefined, now);
  if (moved) publishTarget(parts, moved);
}

/** The end of a target whose files all proved right: its state, its receipts and the placement, all at once. */
export async function finishTarget(
  parts: Parts,
  { bundle, deployment, machine }: TargetWork,
  event: 'placed' | 'current',
  methods: ReadonlyMap<string, ReceiptMethod>,
): Promise<void> {
  const atMs = parts.clock.nowMs();
  const method = weakestMethod([...methods.values()]);
  const receipts = bundle.files.map((file) => ({
    machineId: machine.id,
    machineName: machine.name,
    deploymentId: deployment.id,
    bundleId: bundle.id,
    path: `${bundle.folder}/${file.name}`,
    sizeBytes: file.sizeBytes,
    sha256: file.sha256,
    crc32: file.crc32,
    method: methods.get(file.name) ?? method,
    requestedBy: deployment.requestedBy,
    atMs,
  }));
  const placement = {
    machineId: machine.id,
    bundleId: bundle.id,
    folder: bundle.folder,
    placedAtMs: atMs,
    verified: isProof(method),
  };
  const proof = { method, receipts, placement };
  const moved = await parts.store.deployments.finishTarget(deployment.id, machine.id, event, proof, atMs);
  if (moved) publishTarget(parts, moved);
}

/**
 * The end of a target that found its bundle in place and right. Where an earlier try of the same target had brought it,
 * the target takes the steps that it has behind it, and is `done`.
 */
export async function finishCurrent(
  parts: Parts,
  work: TargetWork,
  checks: readonly FileCheck[],
): Promise<void> {
  const methods = new Map(checks.map(({ file, method }) => [file.name, method]));
  if (work.target.bytesTotal === 0) {
    work.signal.throwIfAborted();
    return finishTarget(parts, work, 'current', methods);
  }
  for (const event of ['cleared', 'sent', 'verified'] as const) await stepTarget(parts, work, event);
  await finishTarget(parts, work, 'placed', methods);
}
