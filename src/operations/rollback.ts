import type { Bundle } from '../domain/bundle.ts';
import type { Deployment, Target } from '../domain/deployment.ts';
import { isTargetEnded, isTargetPlaced } from '../domain/deployment.ts';
import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import type { Store } from '../store/open-store.ts';

const SHOWN_MACHINES = 5;

/**
 * The version that was on each machine of a deployment before, and those machines. NO_OLDER_VERSION when one of them has
 * none; ROLLBACK_UNCLEAR while the deployment is not over, and when the machines had different versions.
 */
export async function findOlderVersion(
  store: Store,
  deployment: Deployment,
): Promise<{ bundle: Bundle; machines: Machine[] }> {
  const targets = await store.deployments.targets(deployment.id);
  const open = targets.find((target) => !isTargetEnded(target.state));
  if (open) throw unclear(`deployment ${deployment.id} is not over on ${open.machineName}: cancel it first`);
  const placed = targets.filter((target) => isTargetPlaced(target.state));
  const before = await Promise.all(placed.map((target) => olderOn(store, target, deployment)));
  const without = placed.filter((_, index) => before[index] === undefined);
  const [first] = before;
  if (!first || without.length > 0) throw noOlder(deployment, without.length > 0 ? without : targets);
  const other = before.findIndex((bundle) => bundle?.id !== first.id);
  if (other >= 0) {
    const names = [placed[0]?.machineName, placed[other]?.machineName].join(' and ');
    throw unclear(`${names} had different versions of ${first.name}: deploy each of them by name@version`);
  }
  const machines = await Promise.all(placed.map((target) => store.machines.get(target.machineId)));
  return { bundle: first, machines: machines.map(requireReady) };
}

/** The newest older version of the deployed bundle that is placed there. */
async function olderOn(
  store: Store,
  { machineId }: Target,
  { bundleName, bundleVersion }: Deployment,
): Promise<Bundle | undefined> {
  let newest: Bundle | undefined;
  for (const { bundleId } of await store.placements.listFor(machineId)) {
    const bundle = await store.bundles.get(bundleId);
    if (bundle?.name !== bundleName || bundle.version >= bundleVersion) continue;
    if (bundle.version > (newest?.version ?? 0)) newest = bundle;
  }
  return newest;
}

function requireReady(machine: Machine | undefined): Machine {
  if (machine?.state === 'ready') return machine;
  throw new DomainError('MACHINE_NOT_READY', `${machine?.name ?? 'a machine'} is not in service`);
}

const unclear = (detail: string): DomainError => new DomainError('ROLLBACK_UNCLEAR', detail);

function noOlder({ bundleName, bundleVersion }: Deployment, targets: readonly Target[]): DomainError {
  const names = targets.slice(0, SHOWN_MACHINES).map((target) => target.machineName);
  const more = targets.length > names.length ? ` and ${targets.length - names.length} more` : '';
  return new DomainError(
    'NO_OLDER_VERSION',
    `no version of ${bundleName} before ${bundleVersion} is on ${names.join(', ')}${more}`,
  );
}
