import { starterName } from '../domain/starter.ts';
import { handDelivery } from './hand-delivery.ts';
import { createBundle, findBundle, receiveArtifact } from './bundles.ts';
import type { Operations } from './operations.ts';
import type { Parts } from './parts.ts';
import { oneBundleFor } from './resolve-bundle.ts';
import { selectMachines } from './select-machines.ts';
import { furnishStarters } from './starter.ts';

type BundleOperations = Pick<
  Operations,
  | 'receiveArtifact'
  | 'createBundle'
  | 'findBundle'
  | 'findBundleFor'
  | 'byHand'
  | 'furnishStarters'
  | 'readyPrograms'
  | 'readReadyProgram'
>;

/** The use cases around files and bundles, those that come with fleet98 among them. */
export function bundleOperations(parts: Parts): BundleOperations {
  return {
    receiveArtifact: (filename, source, expectedBytes) =>
      receiveArtifact(parts, filename, source, expectedBytes),
    createBundle: (input) => createBundle(parts, input),
    findBundle: (reference) => findBundle(parts, reference),
    findBundleFor: async (reference, selector) =>
      reference === starterName
        ? oneBundleFor(parts, reference, await selectMachines(parts.store, selector))
        : findBundle(parts, reference),
    byHand: async (reference) => handDelivery(parts, await findBundle(parts, reference)),
    furnishStarters: () => furnishStarters(parts),
    readyPrograms: () => parts.kits.list(),
    readReadyProgram: async (platform, file) => (await parts.kits.read(platform, file)).bytes,
  };
}
