import type { StateTable } from './state-table.ts';

export type TargetState =
  | 'queued'
  | 'preflight'
  | 'transferring'
  | 'verifying'
  | 'placing'
  | 'waiting'
  | 'canceling'
  | 'done'
  | 'already-current'
  | 'incompatible'
  | 'failed'
  | 'canceled';

export type TargetEvent =
  | 'start'
  | 'cleared'
  | 'current'
  | 'blocked'
  | 'sent'
  | 'verified'
  | 'placed'
  | 'postpone'
  | 'resume'
  | 'cancel'
  | 'stopped'
  | 'fail';

const whileActive = { postpone: 'waiting', cancel: 'canceling', fail: 'failed' } as const;

export const targetTable: StateTable<TargetState, TargetEvent> = {
  queued: { start: 'preflight', cancel: 'canceled', fail: 'failed' },
  preflight: { cleared: 'transferring', current: 'already-current', blocked: 'incompatible', ...whileActive },
  transferring: { sent: 'verifying', ...whileActive },
  verifying: { verified: 'placing', ...whileActive },
  placing: { placed: 'done', ...whileActive },
  waiting: { resume: 'preflight', cancel: 'canceled', fail: 'failed' },
  canceling: { stopped: 'canceled', placed: 'done', fail: 'failed' },
  done: {},
  'already-current': {},
  incompatible: {},
  failed: {},
  canceled: {},
};

export const targetEndStates: readonly TargetState[] = [
  'done',
  'already-current',
  'incompatible',
  'failed',
  'canceled',
];

/** Whether a target in this state ended with the bundle in its place. */
export const isTargetPlaced = (state: TargetState): boolean =>
  state === 'done' || state === 'already-current';

export const isTargetEnded = (state: TargetState): boolean => targetEndStates.includes(state);

/** One machine of a deployment. */
export interface Target {
  readonly deploymentId: number;
  readonly machineId: string;
  readonly machineName: string;
  readonly state: TargetState;
  readonly code?: string;
  readonly detail?: string;
  /** While waiting: not tried again before this time. */
  readonly notBeforeMs?: number;
  /** How often it was put off; grows the pause. */
  readonly attempts: number;
  /** Milliseconds spent on tries that failed and on the pauses after them; at `giveUpMs` it is given up. */
  readonly waitedMs: number;
  /** Bytes to send to this machine, and sent so far. */
  readonly bytesTotal: number;
  readonly bytesSent: number;
  readonly bytesPerSecond?: number;
  /** How its files are proven; the weakest method of all of them. */
  readonly proof?: ReceiptMethod;
  /** The job under way on the machine; saved before it is delivered. */
  readonly jobId?: string;
  readonly jobToken?: string;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
}

export interface Deployment {
  readonly id: number;
  readonly bundleId: number;
  readonly bundleName: string;
  readonly bundleVersion: number;
  readonly requestedBy: string;
  readonly createdAtMs: number;
}

export type DeploymentState = 'queued' | 'active' | 'done' | 'partly-failed' | 'failed' | 'canceled';

/** A deployment's state is computed from its targets' states, of which each once is enough; it is never stored. */
export function deploymentState(targets: readonly TargetState[]): DeploymentState {
  if (targets.every((state) => state === 'queued')) return 'queued';
  if (!targets.every(isTargetEnded)) return 'active';
  const good = targets.filter(isTargetPlaced).length;
  if (good === targets.length) return 'done';
  if (good > 0) return 'partly-failed';
  return targets.every((state) => state === 'canceled') ? 'canceled' : 'failed';
}

/** By what a file on a machine is proven: the agent's CRC-32, ours of the bytes read back, or its size alone. */
export type ReceiptMethod = 'agent-crc' | 'read-back' | 'size-only';

/** A size alone proves nothing about the bytes. */
export const isProof = (method: ReceiptMethod): boolean => method !== 'size-only';

/** The weakest of some methods; a bundle is proven no better than its worst file. */
export function weakestMethod(methods: readonly ReceiptMethod[]): ReceiptMethod {
  if (methods.includes('size-only')) return 'size-only';
  return methods.includes('read-back') ? 'read-back' : 'agent-crc';
}

/** What is proven about one file on one machine, and how. */
export interface Receipt {
  readonly id: number;
  readonly machineId: string;
  /** As the machine was called at that time. */
  readonly machineName: string;
  readonly deploymentId: number;
  readonly bundleId: number;
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly crc32: string;
  readonly method: ReceiptMethod;
  readonly requestedBy: string;
  readonly atMs: number;
}

/** A bundle version as it lies on a machine. */
export interface Placement {
  readonly machineId: string;
  readonly bundleId: number;
  readonly folder: string;
  readonly placedAtMs: number;
  /** False where only sizes were compared, and after the machine's agent was started anew, until it was measured. */
  readonly verified: boolean;
}
