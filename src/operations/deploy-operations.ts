import { planDeployment } from './deploy-plan.ts';
import type { Deployments } from './deployments.ts';
import type { MachineFiles } from './machine-files.ts';
import type { Operations } from './operations.ts';
import type { Parts } from './parts.ts';
import { oneBundleFor } from './resolve-bundle.ts';
import { selectMachines } from './select-machines.ts';

type DeployOperations = Pick<
  Operations,
  'deploy' | 'planDeployment' | 'cancelDeployment' | 'rollBackDeployment' | 'verifyMachine' | 'removeBundle'
>;

/** The use cases around what lies on machines. */
export function deployOperations(
  parts: Parts,
  deployments: Deployments,
  files: MachineFiles,
): DeployOperations {
  return {
    deploy: async ({ bundle: reference, machines: selector, requestedBy, request }) => {
      const selected = await selectMachines(parts.store, selector);
      const bundle = await oneBundleFor(parts, reference, selected);
      const deployment = await deployments.create(bundle.id, selected, requestedBy, request);
      return { deployment, targets: await parts.store.deployments.targets(deployment.id) };
    },
    planDeployment: async (bundle, selector) => {
      const selected = await selectMachines(parts.store, selector);
      return Promise.all(selected.map((machine) => planDeployment(parts, bundle, machine)));
    },
    cancelDeployment: (id) => deployments.cancel(id),
    rollBackDeployment: (id, requestedBy, request) => deployments.rollBack(id, requestedBy, request),
    verifyMachine: (name, bundle) => files.verify(name, bundle),
    removeBundle: (name, bundle) => files.remove(name, bundle),
  };
}
