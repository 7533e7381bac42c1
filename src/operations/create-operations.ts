import { buildArguments } from '../domain/command-line.ts';
import type { Bundle, ParameterValues } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import { platformOf } from '../platforms/index.ts';
import { createBundle, findBundle, receiveArtifact } from './bundles.ts';
import { Deployments } from './deployments.ts';
import { EventBus } from './event-bus.ts';
import { Machines } from './machines.ts';
import type { Operations } from './operations.ts';
import type { Parts } from './parts.ts';
import { platformIdOf } from './preflight-plan.ts';
import { followRun, tokenEvents } from './run-feed.ts';
import { Runs } from './runs.ts';
import { selectMachines } from './select-machines.ts';
import { Sessions } from './sessions.ts';

/** Builds the use cases over a store and a transport. Nothing runs before `start()`. */
export function createOperations(outside: Omit<Parts, 'events' | 'sessions'>): Operations {
  const events = new EventBus();
  const parts: Parts = { ...outside, events, sessions: new Sessions({ ...outside, events }) };
  const wakeAll = () => {
    deployments.wake();
    runs.wake();
  };
  const machines = new Machines(parts, wakeAll);
  const deployments = new Deployments(parts, wakeAll);
  const runs = new Runs(parts, wakeAll);
  return {
    events,
    registerMachine: (input) => machines.register(input),
    changeMachine: (name, change) => machines.change(name, change),
    removeMachine: (name) => machines.remove(name),
    probeMachine: (name, { adopt }) => machines.probe(name, adopt),
    holdMachine: (name, held) => machines.hold(name, held),
    explainMachine: (name) => machines.explain(name),
    preflight: (name, bundle) => machines.preflight(name, bundle),
    receiveArtifact: (filename, source, expectedBytes) =>
      receiveArtifact(parts, filename, source, expectedBytes),
    createBundle: (input) => createBundle(parts, input),
    findBundle: (reference) => findBundle(parts, reference),
    deploy: async ({ bundle: reference, machines: selector, requestedBy }) => {
      const bundle = await findBundle(parts, reference);
      const selected = await selectMachines(parts.store, selector);
      const deployment = await deployments.create(bundle.id, selected, requestedBy);
      return { deployment, targets: await parts.store.deployments.targets(deployment.id) };
    },
    cancelDeployment: (id) => deployments.cancel(id),
    run: async (request) => {
      const bundle = await findBundle(parts, request.bundle);
      const selected = await selectMachines(parts.store, request.machines);
      checkParameters(bundle, selected, request.parameters);
      const missing = await machinesWithout(parts, bundle, selected);
      if (missing.length > 0) {
        if (!request.deploy) throw notDeployed(bundle, missing);
        await deployments.create(bundle.id, missing, request.requestedBy);
      }
      const limits = { ...parts.settings.run.limits, ...request.limits };
      return runs.create(bundle, selected, { ...request, limits });
    },
    cancelRun: (id) => runs.cancel(id),
    tokenEvents: (runId) => tokenEvents(parts, runId),
    followRun: (runId, fromOffset, signal) => followRun(parts, runId, fromOffset, signal),
    start: async () => {
      await deployments.start();
      runs.start();
    },
    stop: async () => {
      await Promise.all([deployments.stop(), runs.stop()]);
      await parts.sessions.closeAll();
    },
  };
}

/** Refuses here what the machine could only refuse later: bad values, and command lines that its system would cut. */
function checkParameters(bundle: Bundle, machines: readonly Machine[], values: ParameterValues): void {
  if (!bundle.command) {
    throw new DomainError('BUNDLE_HAS_NO_COMMAND', `${bundle.name}@${bundle.version} has no command to run`);
  }
  const program = bundle.command.exe ?? bundle.command.program ?? '';
  const line = [program, ...buildArguments(bundle.command, values)];
  const bytes = line.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
  for (const machine of machines) {
    const { maxCommandChars } = platformOf(platformIdOf(machine));
    if (bytes <= maxCommandChars) continue;
    throw new DomainError(
      'COMMAND_TOO_LONG',
      `the command line has ${bytes} bytes; ${machine.name} takes ${maxCommandChars}`,
    );
  }
}

async function machinesWithout(
  parts: Parts,
  bundle: Bundle,
  machines: readonly Machine[],
): Promise<Machine[]> {
  const missing: Machine[] = [];
  for (const machine of machines) {
    if (!(await parts.store.placements.get(machine.id, bundle.id))) missing.push(machine);
  }
  return missing;
}

function notDeployed(bundle: Bundle, missing: readonly Machine[]): DomainError {
  const names = missing.map((machine) => machine.name).join(', ');
  return new DomainError('NOT_DEPLOYED', `${bundle.name}@${bundle.version} is not on ${names}`);
}
