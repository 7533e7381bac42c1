import { benchmarkState } from '../domain/benchmark.ts';
import type { Benchmark, BenchmarkRole } from '../domain/benchmark.ts';
import type { Bundle } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import type { Run, RunLimits } from '../domain/run.ts';
import { isRunEnded } from '../domain/run.ts';
import type { Store } from '../store/open-store.ts';
import type { BenchmarkRequest } from './operations.ts';
import type { Parts } from './parts.ts';
import type { AdmittedBundle } from './runs.ts';
import { publishRun } from './run-work.ts';
import { selectMachines } from './select-machines.ts';

type NewBenchmark = Parameters<Store['benchmarks']['create']>[0];
type PlannedRun = NewBenchmark['runs'][number];
type Asked = Pick<BenchmarkRequest, 'parameters' | 'limits' | 'deploy'>;

/** What benchmarks ask of the operations that they are made of. */
interface Helpers {
  admit(reference: string, machines: readonly Machine[], asked: Asked): Promise<AdmittedBundle[]>;
  cancelRun(id: number): Promise<Run>;
  wakeAll(): void;
}

/** More in one benchmark would hold up everything else while it is saved. */
const MAX_RUNS = 5_000;

/** Plans of repeated runs. The runs themselves are ordinary ones. */
export class Benchmarks {
  readonly #parts: Parts;
  readonly #helpers: Helpers;

  constructor(parts: Parts, helpers: Helpers) {
    this.#parts = parts;
    this.#helpers = helpers;
  }

  async create(request: BenchmarkRequest): Promise<Benchmark> {
    const { store, settings, clock } = this.#parts;
    const { name, parameters, repetitions, warmUps, requestedBy } = request;
    const machines = await selectMachines(store, request.machines);
    const admitted = await this.#admit(request, machines);
    const pairs = admitted.reduce((sum, one) => sum + one.machines.length, 0);
    const count = pairs * (repetitions + warmUps);
    if (count > MAX_RUNS) {
      throw new DomainError(
        'INVALID_REQUEST',
        `this makes ${count} runs; a benchmark has at most ${MAX_RUNS}`,
      );
    }
    const limits = { ...settings.run.limits, ...request.limits };
    const atMs = clock.nowMs();
    const plan = { name, parameters, limits, repetitions, warmUps, requestedBy, atMs };
    const runs = machines.flatMap((machine) =>
      admitted
        .filter((one) => one.machines.some(({ id }) => id === machine.id))
        .flatMap(({ bundle }) => planRuns(machine, bundle, plan)),
    );
    const deployments = admitted
      .filter(({ missing }) => missing.length > 0)
      .map(({ bundle, missing }) => {
        return { bundleId: bundle.id, machineIds: missing.map(({ id }) => id), requestedBy, atMs };
      });
    const made = await store.benchmarks.create({ ...plan, runs, deployments }, request.request);
    for (const run of made.runs) publishRun(this.#parts, run);
    this.#helpers.wakeAll();
    return made.benchmark;
  }

  async cancel(id: number): Promise<void> {
    const { store, clock } = this.#parts;
    const states = (await store.benchmarks.counts([id])).map(({ state }) => state);
    if (states.length === 0) throw new DomainError('NOT_FOUND', `there is no benchmark ${id}`);
    if (states.every(isRunEnded)) {
      throw new DomainError('ALREADY_ENDED', `benchmark ${id} is ${benchmarkState(states)} already`);
    }
    // What is queued goes first: nothing of it may begin on a lane that comes free.
    for (const run of await store.benchmarks.cancelQueued(id, clock.nowMs())) publishRun(this.#parts, run);
    for (const run of await store.benchmarks.runs(id)) {
      if (!isRunEnded(run.state)) await this.#cancelRun(run.id);
    }
    this.#helpers.wakeAll();
  }

  async #admit(request: BenchmarkRequest, machines: readonly Machine[]): Promise<AdmittedBundle[]> {
    const admitted = new Map<number, AdmittedBundle>();
    for (const reference of request.bundles) {
      for (const one of await this.#helpers.admit(reference, machines, request)) {
        const before = admitted.get(one.bundle.id);
        admitted.set(one.bundle.id, before ? together(before, one) : one);
      }
    }
    return [...admitted.values()];
  }

  async #cancelRun(id: number): Promise<void> {
    try {
      await this.#helpers.cancelRun(id);
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'ALREADY_ENDED')) throw error;
    }
  }
}

/** The same bundle, named twice: as `starter` it may be meant on fewer machines than by its own name. */
function together(one: AdmittedBundle, other: AdmittedBundle): AdmittedBundle {
  return one.machines.length >= other.machines.length ? one : other;
}

const countTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

function planRuns(
  machine: Machine,
  bundle: Bundle,
  plan: Pick<NewBenchmark, 'parameters' | 'repetitions' | 'warmUps' | 'requestedBy' | 'atMs'> & {
    readonly limits: RunLimits;
  },
): PlannedRun[] {
  const { parameters, limits, requestedBy, atMs } = plan;
  const planned = (role: BenchmarkRole, ordinal: number): PlannedRun => ({
    role,
    ordinal,
    run: {
      machineId: machine.id,
      bundleId: bundle.id,
      parameters,
      limits,
      simulated: machine.simulated,
      // Looking at a log takes time of an old machine; while it is measured nobody looks often.
      flags: ['followed-quietly'],
      requestedBy,
      atMs,
    },
  });
  return [
    ...countTo(plan.warmUps).map((ordinal) => planned('warm-up', ordinal)),
    ...countTo(plan.repetitions).map((ordinal) => planned('measured', ordinal)),
  ];
}
