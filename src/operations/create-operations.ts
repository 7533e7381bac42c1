import type { Bundle, ParameterValues } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import type { RunLimits } from '../domain/run.ts';
import { starterName } from '../domain/starter.ts';
import { AttendedWork } from './attended-work.ts';
import { benchmarkReport } from './benchmark-report.ts';
import { AgentUpdates } from './update-agent.ts';
import { Benchmarks } from './benchmarks.ts';
import { bundleOperations } from './bundle-operations.ts';
import { checkRunnable } from './check-command.ts';
import { deployOperations } from './deploy-operations.ts';
import { Deployments } from './deployments.ts';
import { EventBus } from './event-bus.ts';
import { Housekeeping } from './housekeeping.ts';
import { Kits } from './kits.ts';
import { MachineFiles } from './machine-files.ts';
import { Machines } from './machines.ts';
import { Newcomers } from './newcomers.ts';
import type { Operations } from './operations.ts';
import type { Parts } from './parts.ts';
import { followRun, tokenEvents } from './run-feed.ts';
import { bundlesFor } from './resolve-bundle.ts';
import { runNotes } from './run-notes.ts';
import { Runs } from './runs.ts';
import type { AdmittedBundle } from './runs.ts';
import { scan } from './scan.ts';
import { selectMachines } from './select-machines.ts';
import { Sessions } from './sessions.ts';

/** A stopping daemon waits so long for the answer to a command that is under way; then it hangs up. */
const LAST_ANSWER_MS = 2_000;

/** Builds the use cases over a store and a transport. Nothing runs before `start()`. */
export function createOperations(
  outside: Omit<Parts, 'events' | 'sessions' | 'kits'> & { readonly kits?: Kits },
): Operations {
  const events = new EventBus();
  const sessions = new Sessions({ ...outside, events });
  const parts: Parts = { ...outside, kits: outside.kits ?? new Kits(), events, sessions };
  const wakeAll = () => {
    deployments.wake();
    runs.wake();
  };
  const machines = new Machines(parts, wakeAll);
  const newcomers = new Newcomers(parts, ({ name, state, health }) => {
    events.publish({ type: 'machine', machine: name, state, health });
    wakeAll();
  });
  const attended = new AttendedWork(parts, wakeAll);
  const machineFiles = new MachineFiles(parts, attended);
  const deployments = new Deployments(parts, wakeAll);
  const runs = new Runs(parts, wakeAll);
  const benchmarks = new Benchmarks(parts, {
    admit: (reference, selected, asked) => admitRuns(parts, reference, selected, asked),
    cancelRun: (id) => runs.cancel(id),
    wakeAll,
  });
  const housekeeping = new Housekeeping(parts);
  const updates = new AgentUpdates(parts, attended);
  return {
    events,
    ...machineOperations(machines, newcomers),
    scan: (request) => scan(parts, request),
    ...bundleOperations(parts),
    updateAgent: (name, requestedBy) => updates.update(name, requestedBy),
    ...deployOperations(parts, deployments, machineFiles),
    run: (request) => startRuns(parts, runs, request),
    runNotes: (names) => runNotes(parts.store, names),
    cancelRun: (id) => runs.cancel(id),
    abandonRun: (id) => runs.abandon(id),
    importRun: (request) => runs.import(request),
    createBenchmark: (request) => benchmarks.create(request),
    cancelBenchmark: (id) => benchmarks.cancel(id),
    reportBenchmark: (id) => benchmarkReport(parts, id),
    tokenEvents: (runId) => tokenEvents(parts, runId),
    followRun: (runId, fromOffset, signal) => followRun(parts, runId, fromOffset, signal),
    backup: () => parts.store.backup(parts.clock.nowMs()),
    stageRestore: (source) => parts.store.stageRestore(source, parts.clock.nowMs()),
    start: async () => {
      // Whoever waited for a key died with the daemon before this one; runs that still do say so again.
      await parts.store.absences.removeKind('keyboard');
      await updates.start();
      await deployments.start();
      runs.start();
      housekeeping.start();
    },
    stop: () => stopAll(parts, [attended, deployments, runs, housekeeping]),
  };
}

function machineOperations(machines: Machines, newcomers: Newcomers) {
  return {
    registerMachine: (input) => machines.register(input),
    admitVisitor: (login) => machines.admitVisitor(login),
    join: (address, info) => newcomers.join(address, info),
    admitNewcomer: (login) => newcomers.admit(login),
    newcomers: () => newcomers.list(),
    approve: (name, approval) => newcomers.approve(name, approval),
    changeMachine: (name, change) => machines.change(name, change),
    removeMachine: (name) => machines.remove(name),
    retireMachine: (name) => machines.retire(name),
    restoreMachine: (name) => machines.restore(name),
    probeMachine: (name, { adopt }) => machines.probe(name, adopt),
    holdMachine: (name, held) => machines.hold(name, held),
    explainMachine: (name) => machines.explain(name),
    preflight: (name, bundle) => machines.preflight(name, bundle),
  } satisfies Partial<Operations>;
}

async function stopAll(parts: Parts, all: readonly { stop(): Promise<void> }[]): Promise<void> {
  const stopped = Promise.all(all.map((one) => one.stop()));
  const settled = new AbortController();
  const patience = parts.clock.sleep(LAST_ANSWER_MS, settled.signal).catch(() => undefined);
  await Promise.race([stopped, patience]);
  settled.abort();
  await parts.sessions.closeAll();
  await stopped;
}

async function startRuns(
  parts: Parts,
  runs: Runs,
  request: Parameters<Operations['run']>[0],
): ReturnType<Operations['run']> {
  const selected = await selectMachines(parts.store, request.machines);
  const admitted = await admitRuns(parts, request.bundle, selected, request);
  const limits = { ...parts.settings.run.limits, ...request.limits };
  return runs.create(admitted, { ...request, limits });
}

/** The bundles that are meant, and on which of the machines each is missing; refuses what could not be run there. */
async function admitRuns(
  parts: Parts,
  reference: string,
  machines: readonly Machine[],
  asked: {
    readonly parameters: ParameterValues;
    readonly limits: Partial<RunLimits>;
    readonly deploy: boolean;
  },
): Promise<AdmittedBundle[]> {
  const limits = { ...parts.settings.run.limits, ...asked.limits };
  // The starter is there for the first run, before anybody has deployed anything.
  const mayDeploy = asked.deploy || reference === starterName;
  const admitted: AdmittedBundle[] = [];
  for (const one of await bundlesFor(parts, reference, machines)) {
    await checkRunnable(parts.store, one.bundle, one.machines, { parameters: asked.parameters, limits });
    const missing = await machinesWithout(parts, one.bundle, one.machines);
    if (missing.length > 0 && !mayDeploy) throw notDeployed(one.bundle, missing);
    admitted.push({ ...one, missing });
  }
  return admitted;
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
