import type { Bundle } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import type { Run, RunLimits } from '../domain/run.ts';
import { isRunEnded } from '../domain/run.ts';
import { isTargetEnded } from '../domain/deployment.ts';
import { Waker } from '../lib/waker.ts';
import { executeRun } from './execute-run.ts';
import { newJobKey } from './job-key.ts';
import { freeMachines } from './lanes.ts';
import type { Parts } from './parts.ts';
import { moveRun, publishRun } from './run-work.ts';
import type { RunWork } from './run-work.ts';
import type { Work } from './work-loop.ts';
import { WorkLoop } from './work-loop.ts';

const keyOf = (run: Run): string => `run:${run.id}`;

/** Carries runs out: one at a time per machine, oldest first, any number of machines at once. */
export class Runs {
  readonly #parts: Parts;
  readonly #loop: WorkLoop;
  readonly #onEnd: () => void;
  readonly #wakers = new Map<number, Waker>();

  constructor(parts: Parts, onEnd: () => void) {
    this.#parts = parts;
    this.#onEnd = onEnd;
    this.#loop = new WorkLoop({
      find: () => this.#findWork(),
      capacity: Number.POSITIVE_INFINITY,
      clock: parts.clock,
      log: parts.log,
    });
  }

  start(): void {
    this.#loop.start();
  }

  wake(): void {
    this.#loop.wake();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async create(
    bundle: Bundle,
    machines: readonly Machine[],
    request: { parameters: Run['parameters']; limits: RunLimits; requestedBy: string },
  ): Promise<Run[]> {
    const runs = await this.#parts.store.runs.create(
      machines.map((machine) => ({
        machineId: machine.id,
        bundleId: bundle.id,
        parameters: request.parameters,
        limits: request.limits,
        simulated: machine.simulated,
        requestedBy: request.requestedBy,
        atMs: this.#parts.clock.nowMs(),
      })),
    );
    for (const run of runs) publishRun(this.#parts, run);
    this.wake();
    return runs;
  }

  /** A queued run is canceled at once; any other is asked to stop, and its end is proven by the machine. */
  async cancel(runId: number): Promise<Run> {
    const run = await this.#parts.store.runs.get(runId);
    if (!run) throw new DomainError('NOT_FOUND', `there is no run ${runId}`);
    if (isRunEnded(run.state)) throw new DomainError('ALREADY_ENDED', `run ${runId} is ${run.state} already`);
    const requested = await this.#parts.store.runs.requestCancel(runId);
    if (requested.state !== 'queued') {
      this.#wakers.get(runId)?.wake();
      return requested;
    }
    const work = { run: requested };
    await moveRun(this.#parts, work, 'cancel', { code: 'CANCELED', detail: 'canceled before it started' });
    return work.run;
  }

  async #findWork(): Promise<Work[]> {
    const { store } = this.#parts;
    const work: Work[] = [];
    for (const run of await store.runs.active()) {
      work.push({ key: keyOf(run), run: (signal) => this.#resume(run, signal) });
    }
    const queued = await store.runs.queued();
    if (queued.length === 0) return work;
    const free = await freeMachines(store);
    for (const run of queued) {
      if (!free.has(run.machineId) || (await this.#awaitsDeployment(run))) continue;
      free.delete(run.machineId);
      work.push({ key: keyOf(run), run: (signal) => this.#begin(run, signal) });
    }
    return work;
  }

  async #awaitsDeployment(run: Run): Promise<boolean> {
    const { store } = this.#parts;
    if (await store.placements.get(run.machineId, run.bundleId)) return false;
    for (const target of await store.deployments.openTargets()) {
      if (target.machineId !== run.machineId || isTargetEnded(target.state)) continue;
      const deployment = await store.deployments.get(target.deploymentId);
      if (deployment?.bundleId === run.bundleId) return true;
    }
    return false;
  }

  /** The job's id and token are saved with the lane before anything is sent. */
  async #begin(queued: Run, signal: AbortSignal): Promise<void> {
    const key = newJobKey();
    const work = { run: queued };
    const taken = await moveRun(this.#parts, work, 'start', { jobId: key.id, jobToken: key.token }, 'take');
    if (taken) await this.#execute(work.run, key, signal, false);
  }

  async #resume(run: Run, signal: AbortSignal): Promise<void> {
    const { jobId, jobToken } = run;
    if (jobId === undefined || jobToken === undefined) {
      throw new DomainError('BUG', `run ${run.id} is ${run.state} without a job`);
    }
    await this.#execute(run, { id: jobId, token: jobToken }, signal, true);
  }

  async #execute(run: Run, key: RunWork['key'], signal: AbortSignal, touched: boolean): Promise<void> {
    const machine = await this.#parts.store.machines.get(run.machineId);
    const bundle = await this.#parts.store.bundles.get(run.bundleId);
    if (!machine || !bundle) throw new DomainError('BUG', `run ${run.id} has lost its machine or bundle`);
    const waker = new Waker();
    this.#wakers.set(run.id, waker);
    try {
      await executeRun(this.#parts, { run, machine, bundle, key, signal, waker, touched });
    } finally {
      this.#wakers.delete(run.id);
      this.#onEnd();
    }
  }
}
