import type { MachineCheck } from '../../contract/deployments.ts';
import { isProof } from '../../domain/deployment.ts';
import type { BundleCheck } from '../../operations/measure-bundle.ts';
import { bundleReference } from './bundle.ts';

const markers = { right: 'ok', absent: 'missing', wrong: 'changed' } as const;

export const presentMachineCheck = (machine: string, checks: readonly BundleCheck[]): MachineCheck => ({
  machine,
  ok: checks.every(({ isWhole }) => isWhole),
  bundles: checks.map(({ bundle, marker, files, isWhole }) => ({
    bundle: bundleReference(bundle.name, bundle.version),
    folder: bundle.folder,
    ok: isWhole,
    marker: markers[marker],
    files: files.map(({ file, state, method }) => ({
      name: file.name,
      state,
      method,
      proven: isProof(method),
    })),
  })),
});
