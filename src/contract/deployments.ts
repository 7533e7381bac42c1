import { Type, type Static } from 'typebox';
import {
  BundleReference,
  Crc32,
  Id,
  Time,
  byMachineAndBundle,
  byTime,
  pageOf,
  paging,
  strict,
} from './fields.ts';
import { Selector } from './selector.ts';

export const DeployRequest = strict({ bundle: BundleReference, machines: Selector });
export type DeployRequest = Static<typeof DeployRequest>;

export const TargetState = Type.Enum([
  'queued',
  'preflight',
  'transferring',
  'verifying',
  'placing',
  'waiting',
  'canceling',
  'done',
  'already-current',
  'incompatible',
  'failed',
  'canceled',
]);

/** One machine of a deployment. */
export const Target = Type.Object({
  machine: Type.String(),
  state: TargetState,
  code: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  attempts: Type.Integer(),
  notBefore: Type.Optional(Time),
  bytesSent: Type.Integer(),
  bytesTotal: Type.Integer(),
  bytesPerSecond: Type.Optional(Type.Number()),
  etaSeconds: Type.Optional(Type.Number()),
  startedAt: Type.Optional(Time),
  endedAt: Type.Optional(Time),
});
export type Target = Static<typeof Target>;

const deploymentFields = {
  id: Id,
  bundle: Type.String({ description: 'name@version' }),
  state: Type.Enum(['queued', 'active', 'done', 'partly-failed', 'failed', 'canceled']),
  requestedBy: Type.String(),
  createdAt: Time,
  counts: Type.Record(Type.String(), Type.Integer(), { description: 'How many machines are in each state' }),
};

/** A deployment in a list: all but its machines. */
export const DeploymentSummary = Type.Object(deploymentFields, { title: 'DeploymentSummary' });
export type DeploymentSummary = Static<typeof DeploymentSummary>;

export const Deployment = Type.Object(
  { ...deploymentFields, targets: Type.Array(Target) },
  { title: 'Deployment' },
);
export type Deployment = Static<typeof Deployment>;

export const DeploymentQuery = strict({ ...paging, ...byMachineAndBundle, ...byTime });
export type DeploymentQuery = Static<typeof DeploymentQuery>;
export const DeploymentPage = pageOf(DeploymentSummary);
export type DeploymentPage = Static<typeof DeploymentPage>;

/** What is proven about one file on one machine, and how. */
export const Receipt = Type.Object(
  {
    id: Id,
    machine: Type.String(),
    deployment: Id,
    bundle: Type.Optional(Type.String({ description: 'name@version' })),
    path: Type.String(),
    sizeBytes: Type.Integer(),
    sha256: Type.String(),
    crc32: Crc32,
    method: Type.Enum(['agent-crc', 'read-back', 'size-only']),
    requestedBy: Type.String(),
    at: Time,
  },
  { title: 'Receipt' },
);
export type Receipt = Static<typeof Receipt>;

export const ReceiptQuery = strict({
  ...paging,
  ...byMachineAndBundle,
  deployment: Type.Optional(Id),
});
export const ReceiptPage = pageOf(Receipt);
export type ReceiptPage = Static<typeof ReceiptPage>;
