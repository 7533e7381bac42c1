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
import { Finding } from './machines.ts';
import { Selector } from './selector.ts';

export const DeployRequest = strict({ bundle: BundleReference, machines: Selector });
export type DeployRequest = Static<typeof DeployRequest>;

export const DeployQuery = strict({
  dryRun: Type.Optional(
    Type.Enum(['true', 'false'], { description: 'true: only say what would be done; 200 and a plan' }),
  ),
});

const Method = Type.Enum(['agent-crc', 'read-back', 'size-only']);
const Proven = Type.Boolean({ description: 'False where only sizes were compared' });

/** What deploying would do on one machine, as far as the daemon knows without asking it. */
const MachinePlan = Type.Object({
  machine: Type.String(),
  blocked: Type.Boolean(),
  findings: Type.Array(Finding),
  files: Type.Array(
    Type.Object({
      name: Type.String(),
      sizeBytes: Type.Integer(),
      how: Type.Enum(['send', 'copy', 'there'], {
        description: 'Sent, copied from another version on the machine, or in its place already',
      }),
    }),
  ),
  bytesToSend: Type.Integer(),
  seconds: Type.Optional(
    Type.Number({ description: 'For the bytes alone, at the measured rate; absent where none is known' }),
  ),
});

/** The answer to a dry run. */
export const DeployPlan = Type.Object(
  {
    bundle: Type.String({ description: 'name@version' }),
    bytesToSend: Type.Integer({ description: 'To all machines together' }),
    machines: Type.Array(MachinePlan),
  },
  { title: 'DeployPlan' },
);
export type DeployPlan = Static<typeof DeployPlan>;

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
  /** How its files are proven, by the weakest method of all. */
  proof: Type.Optional(Method),
  proven: Type.Optional(Proven),
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
    machine: Type.String({ description: 'Its name at that time' }),
    machineId: Type.String(),
    deployment: Id,
    bundle: Type.Optional(Type.String({ description: 'name@version' })),
    path: Type.String(),
    sizeBytes: Type.Integer(),
    sha256: Type.String(),
    crc32: Crc32,
    method: Method,
    proven: Proven,
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

export const VerifyRequest = strict({ bundle: Type.Optional(BundleReference) });
export const RemoveRequest = strict({ bundle: BundleReference });

const FileState = Type.Enum(['ok', 'missing', 'changed']);

/** What is placed on a machine, as it was found just now. */
export const MachineCheck = Type.Object(
  {
    machine: Type.String(),
    ok: Type.Boolean({ description: 'Whether every bundle is as it was placed' }),
    bundles: Type.Array(
      Type.Object({
        bundle: Type.String({ description: 'name@version' }),
        folder: Type.String(),
        ok: Type.Boolean(),
        marker: Type.Enum(['ok', 'missing', 'changed'], {
          description: 'BUNDLE.OK, without which the folder does not count as placed',
        }),
        files: Type.Array(
          Type.Object({ name: Type.String(), state: FileState, method: Method, proven: Proven }),
        ),
      }),
    ),
  },
  { title: 'MachineCheck' },
);
export type MachineCheck = Static<typeof MachineCheck>;

export const BundleRemoved = Type.Object(
  { machine: Type.String(), bundle: Type.String({ description: 'name@version' }), folder: Type.String() },
  { title: 'BundleRemoved' },
);
export type BundleRemoved = Static<typeof BundleRemoved>;
