import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import type { RequestKey } from '../domain/request.ts';
import type { Run, RunLimits } from '../domain/run.ts';
import { isRunEnded } from '../domain/run.ts';
import { Waker } from '../lib/waker.ts';
import { readFigures, storedLog, withFlags } from './close-run.ts';
import { cannotStop } from './drive-unseen-run.ts';
import { executeRun } from './execute-run.ts';
import { newJobKey } from './job-key.ts';
import { importRun } from './import-run.ts';
import { freeMachines } from './lanes.ts';
import type { LogImport } from './operations.ts';
import type { Parts } from './parts.ts';
import type { BundleForMachines } from './resolve-bundle.ts';
import { publishRun } from './run-work.ts';
import type { RunWork } from './run-work.ts';
import type { Work } from './work-loop.ts';
import { WorkLoop } from './work-loop.ts';

/** A bundle that may be run on its machines, and those of them where it is missing. */
export interface AdmittedBundle extends BundleForMachines {
  readonly missing: readonly Machine[];
}

const keyOf = (run: Run): string => `run:${run.id}`;

/** Carries runs out: one at a time per machine, oldest first, any number of machines at once. */
export class Runs {
  readonly #parts: Parts;
  readonly #loop: WorkLoop;
  readonly #wakeAll: () => void;
  readonly #wakers = new Map<number, Waker>();

  constructor(parts: Parts, wakeAll: () => void) {
    this.#parts = parts;
    this.#wakeAll = wakeAll;
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

  /** With the runs, in one commit, the deployments that they wait for. */
  async create(
    admitted: readonly AdmittedBundle[],
    asked: {
      parameters: Run['parameters'];
      limits: RunLimits;
      requestedBy: string;
      request?: RequestKey;
    },
  ): Promise<Run[]> {
    const { parameters, limits, requestedBy, request } = asked;
    const common = { requestedBy, atMs: this.#parts.clock.nowMs() };
    const planned = admitted.flatMap(({ bundle, machines }) =>
      machines.map(({ id, simulated }) => {
        return { ...common, bundleId: bundle.id, machineId: id, parameters, limits, simulated };
      }),
    );
    const deployments = admitted
      .filter(({ missing }) => missing.length > 0)
      .map(({ bundle, missing }) => {
        return { ...common, bundleId: bundle.id, machineIds: missing.map((machine) => machine.id) };
      });
    const runs = await this.#parts.store.runs.create(planned, { deployments, ...(request && { request }) });
    for (const run of runs) publishRun(this.#parts, run);
    this.#wakeAll();
    return runs;
  }

  /** A queued run is canceled at once; any other is asked to stop, and its end is proven by the machine. */
  async cancel(runId: number): Promise<Run> {
    const { store, clock } = this.#parts;
    const before = await store.runs.get(runId);
    if (!before) throw new DomainError('NOT_FOUND', `there is no run ${runId}`);
    if (isRunEnded(before.state)) {
      throw new DomainError('ALREADY_ENDED', `run ${runId} is ${before.state} already`);
    }
    const said = { code: 'CANCELED', detail: 'canceled before it started' };
    const run = await store.runs.requestCancel(runId, said, clock.nowMs());
    if (run.state === 'canceled') publishRun(this.#parts, run);
    else this.#wakers.get(runId)?.wake();
    return (await this.#isUnseen(run)) ? { ...run, ...cannotStop(run.machineName) } : run;
  }

  async #isUnseen({ id, machineId }: Run): Promise<boolean> {
    const absence = await this.#parts.store.absences.get(machineId);
    return absence?.kind === 'working' && absence.ownerId === `run:${id}`;
  }

  /** Closes a run that no machine can tell of: a lost one, or one that does not stop. */
  async abandon(runId: number): Promise<Run> {
    const { store, clock } = this.#parts;
    const said = { code: 'ABANDONED', detail: 'it was given up by hand' };
    const run = await store.runs.abandon(runId, said, clock.nowMs());
    if (!run) {
      const state = (await store.runs.get(runId))?.state ?? 'gone';
      const hasEnded = state !== 'gone' && isRunEnded(state);
      throw new DomainError(hasEnded ? 'ALREADY_ENDED' : 'RUN_NOT_LOST', `run ${runId} is ${state}`);
    }
    const bundle = await store.bundles.get(run.bundleId);
    if (bundle && (await store.runLogs.end(runId)) > 0) {
      const { patch, flags } = await readFigures(storedLog(this.#parts, run), bundle);
      await store.runs.update(runId, { ...patch, flags: withFlags(run, flags) });
    }
    const closed = (await store.runs.get(runId)) ?? run;
    publishRun(this.#parts, closed);
    this.#closedByHand(runId);
    return closed;
  }

  /** Makes a run of a log that was carried here, or closes with it the lost one that it is of. */
  async import(request: LogImport): Promise<Run> {
    const run = await importRun(this.#parts, request);
    this.#closedByHand(run.id);
    return run;
  }

  #closedByHand(runId: number): void {
    this.#wakers.get(runId)?.wake();
    this.#wakeAll();
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
    return (await store.deployments.openBundleIds(run.machineId)).includes(run.bundleId);
  }

  /** The job's id and token are saved with the lane before anything is sent. */
  async #begin(queued: Run, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#parts;
    const key = newJobKey();
    const run = await store.runs.begin(queued.id, { jobId: key.id, jobToken: key.token }, clock.nowMs());
    if (!run) return;
    publishRun(this.#parts, run);
    await this.#execute(run, key, signal, false);
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
      const begunMs = this.#parts.clock.monotonicMs();
      const counts = { pidLooks: 0, unusableEndLooks: 0, turns: 0 };
      await executeRun(this.#parts, {
        run,
        machine,
        bundle,
        key,
        signal,
        waker,
        touched,
        begunMs,
        ...counts,
      });
    } finally {
      this.#wakers.delete(run.id);
      this.#wakeAll();
    }
  }
}
