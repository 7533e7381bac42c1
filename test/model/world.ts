import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isTargetPlaced } from '../../src/domain/deployment.ts';
import type { FleetEvent } from '../../src/operations/event-bus.ts';
import type { Operations } from '../../src/operations/operations.ts';
import type { OperationsSettings } from '../../src/operations/settings.ts';
import type { Store } from '../../src/store/open-store.ts';
import { MortalDaemon } from '../support/mortal-daemon.ts';
import { TestClock } from '../support/test-clock.ts';
import { quickSettings } from '../support/test-fleet.ts';
import { prepareBundles } from './bundles.ts';
import type { PreparedBundle, Reference } from './bundles.ts';
import { OldPc } from './old-pc.ts';
import { Transitions } from './transitions.ts';

const settings: OperationsSettings = {
  ...quickSettings,
  deploy: { ...quickSettings.deploy, retryMinMs: 20, retryMaxMs: 200 },
  run: { ...quickSettings.run, pollMinMs: 15, pollMaxMs: 100, lostAfterMs: 60_000 },
  jobs: { waitMs: 10_000, pollMs: 10 },
};

/** A run as it was asked for. */
export interface AskedRun {
  readonly id: number;
  readonly word: string;
  readonly pc: OldPc;
  readonly deployFirst: boolean;
  isCancelAsked: boolean;
}

/** A deployment as it was asked for. */
export interface AskedDeployment {
  readonly id: number;
  isCancelAsked: boolean;
}

/** The real parts: a daemon, some old PCs on their cables, and all that was asked of them. */
export class World implements AsyncDisposable {
  readonly pcs: OldPc[] = [];
  readonly daemon: MortalDaemon;
  readonly runs: AskedRun[] = [];
  readonly deployments: AskedDeployment[] = [];
  readonly transitions = new Transitions();
  /** What must not be, as soon as it was seen. */
  readonly violations: string[] = [];
  /** Bundles that a remove which broke off has left behind half, as `machine folder`. */
  readonly halfRemoved = new Set<string>();
  /** The same, also after they were repaired. */
  readonly everHalfRemoved = new Set<string>();
  /** What was on the disk when a target was said to be placed: what was not right about each bundle, by its id. */
  readonly placed: {
    readonly deploymentId: number;
    readonly machine: string;
    readonly flaws: ReadonlyMap<number, readonly string[]>;
  }[] = [];
  /** Some run may have been given up as lost. */
  wasSilentForLong = false;
  readonly #clock = new TestClock();
  readonly #folder = mkdtempSync(join(tmpdir(), 'fleet98-model-'));
  #bundles: readonly PreparedBundle[] = [];

  private constructor() {
    this.daemon = new MortalDaemon(this.#folder, this.#clock, settings);
    this.daemon.onEvent = (event) => this.#heed(event);
    this.daemon.onError = (message, fields) => this.violations.push(`${message}: ${describe(fields)}`);
    this.daemon.onOpen = (store) => this.transitions.compare(store);
  }

  static async start(machines: number): Promise<World> {
    const world = new World();
    try {
      const names = Array.from({ length: machines }, (_, index) => `m${index + 1}`);
      world.pcs.push(...(await Promise.all(names.map((name) => OldPc.start(name, world.#folder)))));
      await world.daemon.start();
      world.#bundles = await prepareBundles(world.operations);
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  get operations(): Operations {
    return this.daemon.operations;
  }

  get store(): Store {
    return this.daemon.store;
  }

  /** The daemon is dead when this returns, as after SIGKILL. */
  crash(): void {
    this.daemon.crash();
    for (const { cable } of this.pcs) cable.cut();
  }

  /** So much time goes by that a machine that does not answer counts as lost. */
  letLongTimePass(): void {
    this.wasSilentForLong = true;
    this.#clock.monotonicOffsetMs += settings.run.lostAfterMs;
  }

  noteHalfRemoved(pc: OldPc, { folder }: PreparedBundle): void {
    this.halfRemoved.add(`${pc.name} ${folder}`);
    this.everHalfRemoved.add(`${pc.name} ${folder}`);
  }

  pc(index: number): OldPc {
    const pc = this.pcs[index];
    if (!pc) throw new Error(`there is no machine ${index}`);
    return pc;
  }

  bundle(of: Reference | number): PreparedBundle {
    const found = this.#bundles.find(({ id, reference }) => id === of || reference === of);
    if (!found) throw new Error(`there is no bundle ${of}`);
    return found;
  }

  async register(pc: OldPc): Promise<void> {
    const { name, user, password, host } = pc.pc;
    const account = { name, host, user, password, port: pc.cable.port, labels: {} };
    await this.operations.registerMachine(account);
    await this.operations.probeMachine(name, { adopt: false });
  }

  async run(pc: OldPc, reference: Reference, deployFirst: boolean): Promise<AskedRun> {
    const word = `word${this.runs.length + 1}`;
    const machines = { names: [pc.name] };
    const wish = { limits: {}, deploy: deployFirst, requestedBy: 'model' };
    const [run] = await this.operations.run({ bundle: reference, machines, parameters: { word }, ...wish });
    if (!run) throw new Error('no run was made');
    const asked = { id: run.id, word, pc, deployFirst, isCancelAsked: false };
    this.runs.push(asked);
    return asked;
  }

  async deploy(pcs: readonly OldPc[], reference: Reference): Promise<AskedDeployment> {
    const machines = { names: pcs.map(({ name }) => name) };
    const wish = { bundle: reference, machines, requestedBy: 'model' };
    const { deployment } = await this.operations.deploy(wish);
    const asked = { id: deployment.id, isCancelAsked: false };
    this.deployments.push(asked);
    return asked;
  }

  /** What is not as it should be about a bundle on a machine's disk. */
  flaws(pc: OldPc, { folder, files }: PreparedBundle): readonly string[] {
    const wrong = Object.entries(files).filter(
      ([name, bytes]) => !pc.read(`${folder}/${name}`)?.equals(bytes),
    );
    const missing = pc.read(`${folder}/BUNDLE.OK`) ? [] : ['BUNDLE.OK'];
    return [...wrong.map(([name]) => name), ...missing];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon.end();
    await Promise.all(this.pcs.map((pc) => pc.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The disk is looked at in the turn in which the daemon says that a bundle is in its place. */
  #heed(event: FleetEvent): void {
    this.transitions.heed(event);
    if (event.type !== 'target' || !isTargetPlaced(event.state)) return;
    const pc = this.pcs.find(({ name }) => name === event.machine);
    if (!pc) return;
    const flaws = new Map(this.#bundles.map((bundle) => [bundle.id, this.flaws(pc, bundle)]));
    this.placed.push({ deploymentId: event.deploymentId, machine: pc.name, flaws });
    for (const { id, folder } of this.#bundles) {
      if (flaws.get(id)?.length === 0) this.halfRemoved.delete(`${pc.name} ${folder}`);
    }
  }
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function describe(fields: object): string {
  const error: unknown = 'error' in fields ? fields.error : fields;
  return error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error);
}
