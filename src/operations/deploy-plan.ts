import type { Bundle, BundleFile } from '../domain/bundle.ts';
import type { Finding } from '../domain/finding.ts';
import type { Machine } from '../domain/machine.ts';
import type { Parts } from './parts.ts';
import { findingsFor } from './preflight-plan.ts';

/** What a deployment would do with one file: send it, copy it from another version there, or leave it as it is. */
export interface PlannedDelivery {
  readonly file: BundleFile;
  readonly how: 'send' | 'copy' | 'there';
}

/** What a deployment would do on one machine, as far as the daemon knows without asking it. */
export interface MachinePlan {
  readonly machine: Machine;
  readonly files: readonly PlannedDelivery[];
  readonly bytesToSend: number;
  readonly findings: readonly Finding[];
  /** For the bytes alone, at the rate of the last upload or of the probe; undefined where neither is known. */
  readonly seconds?: number;
}

/** Says what deploying would do on a machine. Nothing is saved, and the machine is not asked. */
export async function planDeployment(parts: Parts, bundle: Bundle, machine: Machine): Promise<MachinePlan> {
  const { store } = parts;
  const files = await planFiles(parts, bundle, machine);
  const toSend = files.filter(({ how }) => how === 'send').map(({ file }) => file);
  const bytesToSend = toSend.reduce((sum, file) => sum + file.sizeBytes, 0);
  const rate = (await store.deployments.lastRate(machine.id)) ?? machine.server?.writeBytesPerSecond;
  return {
    machine,
    files,
    bytesToSend,
    findings: await findingsFor(store, machine, machine.agent, bundle, toSend),
    ...(rate !== undefined && rate > 0 && { seconds: bytesToSend / rate }),
  };
}

async function planFiles({ store }: Parts, bundle: Bundle, machine: Machine): Promise<PlannedDelivery[]> {
  const placed = await store.placements.listFor(machine.id);
  if (placed.some(({ folder }) => folder === bundle.folder)) {
    return bundle.files.map((file) => ({ file, how: 'there' }));
  }
  const copies = new Set<string>();
  for (const { bundleId, verified } of placed) {
    const other = verified ? await store.bundles.get(bundleId) : undefined;
    for (const file of other?.files ?? []) copies.add(file.sha256);
  }
  return bundle.files.map((file) => {
    const how = machine.agent && copies.has(file.sha256) ? 'copy' : 'send';
    copies.add(file.sha256);
    return { file, how };
  });
}
