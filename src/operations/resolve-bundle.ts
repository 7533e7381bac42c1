import type { Bundle } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import { starterBundle, starterName } from '../domain/starter.ts';
import { kitsFor } from '../platforms/kits.ts';
import { findBundle } from './bundles.ts';
import type { Parts } from './parts.ts';
import { platformIdOf } from './preflight-plan.ts';

/** A bundle, and those of the machines for which it is meant. */
export interface BundleForMachines {
  readonly bundle: Bundle;
  readonly machines: readonly Machine[];
}

type StoreParts = Pick<Parts, 'store'>;

/** The folders of ready-made programs that fit a machine, the best one first. NO_READY_PROGRAM while it is unknown. */
export function kitsOf(machine: Machine): readonly string[] {
  const { agent, platform } = machine;
  if (!agent && platform === undefined) {
    throw new DomainError('NO_READY_PROGRAM', `${machine.name} has not said yet what it is: probe it first`);
  }
  return kitsFor(platformIdOf(machine), agent?.arch ?? agent?.cpu ?? '');
}

/** What a machine is, for a sentence. */
export const kindOf = (machine: Machine): string =>
  [platformIdOf(machine), machine.agent?.arch ?? machine.agent?.cpu].filter(Boolean).join(', ');

/** The bundle that a reference means on a machine: `starter` is another one for each kind. */
export async function bundleFor(parts: StoreParts, reference: string, machine: Machine): Promise<Bundle> {
  if (reference !== starterName) return findBundle(parts, reference);
  for (const kit of kitsOf(machine)) {
    const bundle = await parts.store.bundles.find(starterBundle(kit));
    if (!bundle) continue;
    await refuseOnSimulation(parts, machine, bundle);
    return bundle;
  }
  throw new DomainError('NO_READY_PROGRAM', `there is no starter for ${machine.name} (${kindOf(machine)})`);
}

/** Formats of programs that no simulated machine starts: they are started by the computer that it is simulated on. */
const foreignFormats: readonly unknown[] = ['pe', 'ne', 'le', 'mz'];

async function refuseOnSimulation({ store }: StoreParts, machine: Machine, bundle: Bundle): Promise<void> {
  if (!machine.simulated) return;
  const program = bundle.files.find(({ name }) => name === bundle.command?.exe);
  const artifact = program && (await store.artifacts.get(program.sha256));
  if (!foreignFormats.includes(artifact?.facts['format'])) return;
  throw new DomainError(
    'NO_READY_PROGRAM',
    `${machine.name} is only simulated: programs there are started by this computer, and ${bundle.name} is none of its own; a PC of \`fleet98 sim --platform linux\` can run the starter`,
  );
}

/** The bundles that a reference means on machines, each once; only `starter` can mean several. */
export async function bundlesFor(
  parts: StoreParts,
  reference: string,
  machines: readonly Machine[],
): Promise<BundleForMachines[]> {
  if (reference !== starterName) return [{ bundle: await findBundle(parts, reference), machines }];
  const found = new Map<number, { bundle: Bundle; machines: Machine[] }>();
  for (const machine of machines) {
    const bundle = await bundleFor(parts, reference, machine);
    const same = found.get(bundle.id);
    if (same) same.machines.push(machine);
    else found.set(bundle.id, { bundle, machines: [machine] });
  }
  return [...found.values()];
}

/** The one bundle that a reference means on all of the machines. STARTER_MIXED when there are several. */
export async function oneBundleFor(
  parts: StoreParts,
  reference: string,
  machines: readonly Machine[],
): Promise<Bundle> {
  const [only, ...others] = await bundlesFor(parts, reference, machines);
  if (only && others.length === 0) return only.bundle;
  const kinds = [only, ...others].map((one) => {
    const names = one?.machines.map(({ name }) => name).join(', ') ?? '';
    return `${one?.bundle.name ?? reference} (${names})`;
  });
  throw new DomainError('STARTER_MIXED', `these need different ones: ${kinds.join('; ')}`);
}
