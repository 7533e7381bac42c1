import type { Bundle } from '../domain/bundle.ts';
import type { AgentFacts, Machine } from '../domain/machine.ts';
import type { Store } from '../store/open-store.ts';
import type { Link } from '../transports/transport.ts';
import type { Parts } from './parts.ts';
import { distrustPlacement } from './placements.ts';
import { retractBundle } from './retract-bundle.ts';
import type { Perform } from './retract-bundle.ts';

/** What still wants a bundle on a machine: `run 12` or `a deployment`; undefined when nothing does. */
export async function neededBy(
  store: Store,
  machineId: string,
  bundleId: number,
): Promise<string | undefined> {
  const runs = [...(await store.runs.active()), ...(await store.runs.queued())];
  const run = runs.find((one) => one.machineId === machineId && one.bundleId === bundleId);
  if (run) return `run ${run.id}`;
  const open = await store.deployments.openBundleIds(machineId);
  return open.includes(bundleId) ? 'a deployment' : undefined;
}

/** Whether a placed bundle on the machine has that folder; names of bundles with the same content share one. */
export async function isFolderPlaced(
  store: Store,
  machineId: string,
  folder: string,
  exceptBundleId?: number,
): Promise<boolean> {
  const placements = await store.placements.listFor(machineId);
  return placements.some((one) => one.folder === folder && one.bundleId !== exceptBundleId);
}

/** Takes a bundle version from a machine: its files first, then the placement, so that it can be repeated. */
export async function removeVersion(
  parts: Parts,
  link: Link,
  machine: Machine,
  agent: AgentFacts | undefined,
  bundle: Bundle,
  perform: Perform,
): Promise<void> {
  const { store } = parts;
  if (!(await isFolderPlaced(store, machine.id, bundle.folder, bundle.id))) {
    await distrustPlacement(parts, machine.id, bundle.id);
    const names = bundle.files.map((file) => file.name);
    await retractBundle(parts, link, agent, bundle, names, perform);
  }
  await store.placements.remove(machine.id, bundle.id);
}
