import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle, Command } from '../../src/domain/bundle.ts';
import { isTargetEnded } from '../../src/domain/deployment.ts';
import type { Target } from '../../src/domain/deployment.ts';
import type { Run } from '../../src/domain/run.ts';
import { isRunEnded } from '../../src/domain/run.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { createOperations } from '../../src/operations/create-operations.ts';
import type { Kits } from '../../src/operations/kits.ts';
import type { Operations } from '../../src/operations/operations.ts';
import type { Log } from '../../src/operations/parts.ts';
import type { OperationsSettings } from '../../src/operations/settings.ts';
import { loadProfile } from '../../src/simulator/profile.ts';
import type { PcProfile } from '../../src/simulator/profile.ts';
import { startSimulatedPc } from '../../src/simulator/simulated-pc.ts';
import type { AgentChoice, SimulatedPc } from '../../src/simulator/simulated-pc.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/open-store.ts';
import { createPushTransport } from '../../src/transports/push.ts';
import type { Transport } from '../../src/transports/transport.ts';
import { Cable } from './cable.ts';
import { waitFor } from './wait-for.ts';

/** The daemon's own defaults, but quick: a test waits for conditions, not for polling intervals. */
export const quickSettings: OperationsSettings = {
  allowedNetworks: ['127.0.0.0/8'],
  maxArtifactBytes: 100 * 1024 * 1024,
  ftp: { connectMs: 5_000, replyMs: 10_000, stallMs: 10_000, writeChunkBytes: 65_536 },
  deploy: { parallel: 8, giveUpMs: 3_600_000, retryMinMs: 50, retryMaxMs: 500, readBackMaxBytes: 100_000 },
  run: {
    pollMinMs: 30,
    pollMaxMs: 200,
    limits: { limitSeconds: 60, quietSeconds: 0, logMaxBytes: 8 * 1024 * 1024 },
    lateAfterMs: 10_000,
    unreachableAfterMs: 60_000,
    lostAfterMs: 600_000,
  },
  retention: { logDays: 0 },
  jobs: { waitMs: 20_000, pollMs: 20 },
  leaderboard: [],
};

const silentLog = { debug() {}, info() {}, warn() {}, error() {} };

/** A store, the real operations over the real push transport, and simulated PCs, all in a folder of their own. */
export class TestFleet implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'fleet98-test-'));
  readonly pcs: SimulatedPc[] = [];
  readonly cables: Cable[] = [];
  /** Set before `startDaemon` to bring a clock of one's own. */
  clock: Clock = systemClock;
  /** As the clock: what the daemon says is thrown away unless a test wants it. */
  log: Log = silentLog;
  /** As the clock: the programs that come with it, in place of the shipped ones. */
  kits: Kits | undefined;
  /** As the clock: how machines are reached. */
  makeTransport: (store: Store) => Transport = () => createPushTransport({}, quickSettings.allowedNetworks);
  store!: Store;
  operations!: Operations;

  static async start(settings: OperationsSettings = quickSettings): Promise<TestFleet> {
    const fleet = new TestFleet();
    await fleet.startDaemon(settings);
    return fleet;
  }

  async startDaemon(settings: OperationsSettings = quickSettings): Promise<void> {
    this.store = await openStore({ dataDir: join(this.folder, 'data') });
    this.operations = createOperations({
      store: this.store,
      clock: this.clock,
      log: this.log,
      settings,
      transport: this.makeTransport(this.store),
      ...(this.kits && { kits: this.kits }),
    });
    await this.operations.start();
  }

  async stopDaemon(): Promise<void> {
    await this.operations.stop();
    await this.store.close();
  }

  /** Starts a simulated PC at full speed unless the profile says otherwise; registered and probed under its name. */
  async addPc(
    name: string,
    agent: AgentChoice = 'ts',
    profile: Partial<PcProfile> = {},
  ): Promise<SimulatedPc> {
    const pc = await startSimulatedPc({
      profile: { ...loadProfile('pentium2-win98'), tokensPerSecond: 100_000, ...profile },
      diskFolder: join(this.folder, name),
      name,
      agent,
      pollMs: 20,
      rateBytesPerSecond: profile.rateBytesPerSecond ?? 0,
    });
    this.pcs.push(pc);
    const cable = await Cable.to(pc.port);
    this.cables.push(cable);
    const { host, user, password } = pc;
    await this.operations.registerMachine({ name, host, port: cable.port, user, password, labels: {} });
    await this.operations.probeMachine(name, { adopt: false });
    return pc;
  }

  /** Uploads files (by path or content) and makes a bundle of them. */
  async addBundle(
    name: string,
    files: Record<string, string | Uint8Array>,
    command?: Command,
  ): Promise<Bundle> {
    const listed = [];
    for (const [fileName, content] of Object.entries(files)) {
      const source = typeof content === 'string' ? createReadStream(content) : bytesOf(content);
      const { artifact } = await this.operations.receiveArtifact(fileName, source, undefined);
      listed.push({ name: fileName, sha256: artifact.sha256 });
    }
    const input = { name, files: listed, engine: 'auto', ...(command && { command }) };
    return (await this.operations.createBundle(input)).bundle;
  }

  async deploy(bundle: string, names: string[]): Promise<Target[]> {
    const machines = { names };
    const { deployment } = await this.operations.deploy({ bundle, machines, requestedBy: 'test' });
    return waitFor(`deployment ${deployment.id}`, async () => {
      const targets = await this.store.deployments.targets(deployment.id);
      return targets.every((target) => isTargetEnded(target.state)) && targets;
    });
  }

  async startRun(bundle: string, name: string, parameters: Run['parameters'] = {}): Promise<Run> {
    const machines = { names: [name] };
    const request = { bundle, machines, parameters, limits: {}, deploy: false, requestedBy: 'test' };
    const [run] = await this.operations.run(request);
    if (!run) throw new Error('no run was made');
    return run;
  }

  runEnd(id: number): Promise<Run> {
    return this.runWhen(id, 'its end', (run) => isRunEnded(run.state));
  }

  runWhen(id: number, what: string, condition: (run: Run) => boolean): Promise<Run> {
    return waitFor(`run ${id}: ${what}`, async () => {
      const run = await this.store.runs.get(id);
      return run !== undefined && condition(run) && run;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stopDaemon();
    } finally {
      for (const cable of this.cables) await cable.pull();
      for (const pc of this.pcs) await pc.stop();
      this.removeFolder();
    }
  }

  removeFolder(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function* bytesOf(content: Uint8Array): AsyncIterable<Uint8Array> {
  yield content;
}
