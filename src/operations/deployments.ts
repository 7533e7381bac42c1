import type { Deployment, Target } from '../domain/deployment.ts';
import { isTargetEnded } from '../domain/deployment.ts';
import { asDomainError, DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import type { RequestKey } from '../domain/request.ts';
import { withRetry } from '../lib/retry.ts';
import { deployTarget } from './deploy-target.ts';
import type { Parts } from './parts.ts';
import { findOlderVersion } from './rollback.ts';
import { publishTarget } from './target-work.ts';
import type { TargetWork } from './target-work.ts';
import { Tidying } from './tidying.ts';
import type { Work } from './work-loop.ts';
import { WorkLoop } from './work-loop.ts';

const keyOf = (target: Target): string => `deployment:${target.deploymentId}:${target.machineId}`;

/** Carries deployments out: many machines at once, one lane each, put off and taken up again by the error table. */
export class Deployments {
  readonly #parts: Parts;
  readonly #loop: WorkLoop;
  readonly #onEnd: () => void;
  readonly #tidying: Tidying;

  constructor(parts: Parts, onEnd: () => void) {
    this.#parts = parts;
    this.#onEnd = onEnd;
    this.#tidying = new Tidying(parts);
    this.#loop = new WorkLoop({
      find: async () => [...(await this.#findTargets()), ...(await this.#tidying.find())],
      capacity: parts.settings.deploy.parallel,
      clock: parts.clock,
      log: parts.log,
    });
  }

  /** What was under way when the daemon stopped goes back into the queue: every step can be repeated. */
  async start(): Promise<void> {
    for (const target of await this.#parts.store.deployments.openTargets()) {
      if (target.state === 'canceling') await this.#move(target, 'stopped', {}, 'release');
      else if (target.state !== 'queued' && target.state !== 'waiting') {
        await this.#move(target, 'postpone', { notBeforeMs: this.#parts.clock.nowMs() }, 'release');
      }
    }
    await this.#tidying.start();
    this.#loop.start();
  }

  wake(): void {
    this.#loop.wake();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async create(
    bundleId: number,
    machines: readonly Machine[],
    requestedBy: string,
    request?: RequestKey,
  ): Promise<Deployment> {
    const atMs = this.#parts.clock.nowMs();
    const machineIds = machines.map((machine) => machine.id);
    const deployment = await this.#parts.store.deployments.create(
      { bundleId, requestedBy, atMs, machineIds },
      request,
    );
    this.wake();
    return deployment;
  }

  /** A new deployment of the version that was there before, on the machines that got this one. */
  async rollBack(
    deploymentId: number,
    requestedBy: string,
    request?: RequestKey,
  ): Promise<{ deployment: Deployment; targets: Target[] }> {
    const { store } = this.#parts;
    const rolledBack = await store.deployments.get(deploymentId);
    if (!rolledBack) throw new DomainError('NOT_FOUND', `there is no deployment ${deploymentId}`);
    const { bundle, machines } = await findOlderVersion(store, rolledBack);
    const deployment = await this.create(bundle.id, machines, requestedBy, request);
    return { deployment, targets: await store.deployments.targets(deployment.id) };
  }

  async cancel(deploymentId: number): Promise<void> {
    const targets = await this.#parts.store.deployments.targets(deploymentId);
    if (targets.every((target) => isTargetEnded(target.state))) {
      throw new DomainError('ALREADY_ENDED', `deployment ${deploymentId} has ended already`);
    }
    for (const target of targets) await this.#cancelTarget(target);
    this.wake();
  }

  async #cancelTarget({ deploymentId, machineId }: Target): Promise<void> {
    const { clock, store } = this.#parts;
    const target = await store.deployments.cancelTarget(deploymentId, machineId, clock.nowMs());
    if (!target) return;
    publishTarget(this.#parts, target);
    this.#tidying.note(machineId);
    this.#loop.abort(keyOf(target), new DomainError('CANCELED', 'the deployment was canceled'));
  }

  async #findTargets(): Promise<Work[]> {
    const { clock, settings, store } = this.#parts;
    const targets = await store.deployments.startableTargets({
      nowMs: clock.nowMs(),
      longestPauseMs: settings.deploy.retryMaxMs,
      // Those that are being started now may be among them.
      limit: 2 * settings.deploy.parallel,
    });
    return targets.map((target) => ({
      key: keyOf(target),
      run: (signal, makeRoom) => this.#carryOut(target, signal, makeRoom),
    }));
  }

  async #carryOut(queued: Target, signal: AbortSignal, allSent: () => void): Promise<void> {
    const { clock, settings, store } = this.#parts;
    const { deploymentId, machineId } = queued;
    const machine = await store.machines.get(machineId);
    const deployment = await store.deployments.get(deploymentId);
    const bundle = deployment && (await store.bundles.get(deployment.bundleId));
    if (!machine || !bundle) {
      throw new DomainError('BUG', `deployment ${deploymentId} has lost its machine or bundle`);
    }
    const target = await store.deployments.beginTarget(deploymentId, machineId, clock.nowMs());
    if (!target) return;
    publishTarget(this.#parts, target);
    const beginMs = clock.monotonicMs();
    const isCanceled = () => !this.#loop.isStopping;
    try {
      await deployTarget(this.#parts, { deployment, target, machine, bundle, signal, isCanceled, allSent });
    } catch (thrown) {
      const spentMs = clock.monotonicMs() - beginMs;
      const { retryMinMs: minMs, retryMaxMs: maxMs } = settings.deploy;
      // A cancel may come between look and step, or the disk be full; the lane must not stay taken for that.
      const retry = { retries: Number.POSITIVE_INFINITY, minMs, maxMs, signal: this.#loop.stopping };
      await withRetry(() => this.#settle({ deployment, machine }, asDomainError(thrown), spentMs), retry);
    }
    this.#tidying.note(machine.id);
    this.#onEnd();
  }

  /** After an error: canceled, put off, or failed. A daemon that stops leaves the state for the next start. */
  async #settle(
    { deployment, machine }: Pick<TargetWork, 'deployment' | 'machine'>,
    error: DomainError,
    spentMs: number,
  ): Promise<void> {
    const { log, settings, store } = this.#parts;
    if (this.#loop.isStopping) return;
    const target = await store.deployments.target(deployment.id, machine.id);
    if (!target || isTargetEnded(target.state)) return;
    // A step that comes after the cancel cannot be taken any more; that is no fault.
    if (target.state === 'canceling') {
      await this.#move(target, 'stopped', {}, 'release');
      return;
    }
    if (error.code === 'BUG') log.error({ err: error, machine: machine.name }, 'a deployment broke');
    const said = { code: error.code, detail: error.message };
    const waitedMs = target.waitedMs + Math.round(spentMs);
    if (!error.retry) {
      await this.#move(target, 'fail', said, 'release');
    } else if (waitedMs >= settings.deploy.giveUpMs) {
      const detail = `given up; the last reason was ${error.code}: ${error.message}`;
      await this.#move(target, 'fail', { code: 'GAVE_UP', detail }, 'release');
    } else {
      await this.#postpone(target, said, waitedMs);
    }
  }

  async #postpone(
    target: Target,
    said: { readonly code: string; readonly detail: string },
    waitedMs: number,
  ): Promise<void> {
    const { retryMinMs, retryMaxMs } = this.#parts.settings.deploy;
    const pauseMs = Math.min(retryMaxMs, retryMinMs * 2 ** target.attempts);
    const notBeforeMs = this.#parts.clock.nowMs() + pauseMs;
    const patch = { ...said, notBeforeMs, attempts: target.attempts + 1, waitedMs: waitedMs + pauseMs };
    await this.#move(target, 'postpone', patch, 'release');
  }

  async #move(
    target: Target,
    event: Parameters<Parts['store']['deployments']['moveTarget']>[2],
    patch: Parameters<Parts['store']['deployments']['moveTarget']>[3],
    lane: 'release' | undefined,
  ): Promise<void> {
    const moved = await this.#parts.store.deployments.moveTarget(
      target.deploymentId,
      target.machineId,
      event,
      patch,
      lane,
      this.#parts.clock.nowMs(),
    );
    if (moved) publishTarget(this.#parts, moved);
  }
}
