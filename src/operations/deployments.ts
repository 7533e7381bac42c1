import type { Deployment, Target } from '../domain/deployment.ts';
import { isTargetEnded } from '../domain/deployment.ts';
import { asDomainError, DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import { deployTarget } from './deploy-target.ts';
import type { Parts } from './parts.ts';
import { freeMachines } from './lanes.ts';
import { publishTarget } from './target-work.ts';
import type { TargetWork } from './target-work.ts';
import type { Work } from './work-loop.ts';
import { WorkLoop } from './work-loop.ts';

const keyOf = (target: Target): string => `deployment:${target.deploymentId}:${target.machineId}`;

/** Carries deployments out: many machines at once, one lane each, put off and taken up again by the error table. */
export class Deployments {
  readonly #parts: Parts;
  readonly #loop: WorkLoop;
  readonly #onEnd: () => void;

  constructor(parts: Parts, onEnd: () => void) {
    this.#parts = parts;
    this.#onEnd = onEnd;
    this.#loop = new WorkLoop({
      find: () => this.#findWork(),
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
    this.#loop.start();
  }

  wake(): void {
    this.#loop.wake();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async create(bundleId: number, machines: readonly Machine[], requestedBy: string): Promise<Deployment> {
    const deployment = await this.#parts.store.deployments.create({
      bundleId,
      requestedBy,
      atMs: this.#parts.clock.nowMs(),
      machineIds: machines.map((machine) => machine.id),
    });
    this.wake();
    return deployment;
  }

  async cancel(deploymentId: number): Promise<void> {
    const targets = await this.#parts.store.deployments.targets(deploymentId);
    if (targets.every((target) => isTargetEnded(target.state))) {
      throw new DomainError('ALREADY_ENDED', `deployment ${deploymentId} has ended already`);
    }
    for (const target of targets) {
      if (isTargetEnded(target.state) || target.state === 'canceling') continue;
      await this.#move(target, 'cancel', {}, undefined);
      this.#loop.abort(keyOf(target), new DomainError('CANCELED', 'the deployment was canceled'));
    }
  }

  async #findWork(): Promise<Work[]> {
    const { store, clock } = this.#parts;
    const now = clock.nowMs();
    const open = (await store.deployments.openTargets()).filter(
      (target) =>
        target.state === 'queued' || (target.state === 'waiting' && (target.notBeforeMs ?? 0) <= now),
    );
    if (open.length === 0) return [];
    const free = await freeMachines(store);
    return open
      .filter((target) => free.has(target.machineId))
      .map((target) => ({ key: keyOf(target), run: (signal) => this.#carryOut(target, signal) }));
  }

  async #carryOut(queued: Target, signal: AbortSignal): Promise<void> {
    const { store } = this.#parts;
    const machine = await store.machines.get(queued.machineId);
    const deployment = await store.deployments.get(queued.deploymentId);
    const bundle = deployment && (await store.bundles.get(deployment.bundleId));
    if (!machine || !bundle) return;
    const target = await this.#move(queued, queued.state === 'queued' ? 'start' : 'resume', {}, 'take');
    if (!target) return;
    const work: TargetWork = { deployment, target, machine, bundle, signal };
    try {
      await deployTarget(this.#parts, work);
    } catch (thrown) {
      await this.#settle(work, asDomainError(thrown));
    }
    this.#onEnd();
  }

  /** After an error: canceled, put off, or failed. A daemon that stops leaves the state for the next start. */
  async #settle({ deployment, machine }: TargetWork, error: DomainError): Promise<void> {
    const { clock, log, settings, store } = this.#parts;
    if (this.#loop.isStopping) return;
    const target = await store.deployments.target(deployment.id, machine.id);
    if (!target || isTargetEnded(target.state)) return;
    if (error.code === 'BUG') log.error({ error, machine: machine.name }, 'a deployment broke');
    const said = { code: error.code, detail: error.message };
    if (target.state === 'canceling') {
      await this.#move(target, 'stopped', {}, 'release');
    } else if (!error.retry) {
      await this.#move(target, 'fail', said, 'release');
    } else if (clock.nowMs() - deployment.createdAtMs > settings.deploy.giveUpMs) {
      const detail = `given up; the last reason was ${error.code}: ${error.message}`;
      await this.#move(target, 'fail', { code: 'GAVE_UP', detail }, 'release');
    } else {
      const pauseMs = Math.min(settings.deploy.retryMaxMs, settings.deploy.retryMinMs * 2 ** target.attempts);
      const notBeforeMs = clock.nowMs() + pauseMs;
      await this.#move(
        target,
        'postpone',
        { ...said, notBeforeMs, attempts: target.attempts + 1 },
        'release',
      );
    }
  }

  async #move(
    target: Target,
    event: Parameters<Parts['store']['deployments']['moveTarget']>[2],
    patch: Parameters<Parts['store']['deployments']['moveTarget']>[3],
    lane: 'take' | 'release' | undefined,
  ): Promise<Target | undefined> {
    const moved = await this.#parts.store.deployments.moveTarget(
      target.deploymentId,
      target.machineId,
      event,
      patch,
      lane,
      this.#parts.clock.nowMs(),
    );
    if (moved) publishTarget(this.#parts, moved);
    return moved;
  }
}
