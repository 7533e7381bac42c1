import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { loadProfile } from '../../../src/simulator/profile.ts';
import { startSimulatedPc } from '../../../src/simulator/simulated-pc.ts';
import type { AgentChoice, SimulatedPc } from '../../../src/simulator/simulated-pc.ts';
import { Daemon } from '../../support/daemon.ts';
import type { SseEvent } from '../../../src/cli/sse-parser.ts';
import { WatchedCable } from '../../support/watched-cable.ts';
import { apiToken, machinePassword, refuseSecrets } from './secrets.ts';

/** Quick, so that a case waits for what happens and not for a pause. */
const settings = {
  FLEET98_HTTP_TOKEN: apiToken,
  FLEET98_LOG_LEVEL: 'trace',
  FLEET98_RUN_POLL_MIN_MS: '20',
  FLEET98_RUN_POLL_MAX_MS: '200',
  FLEET98_JOBS_POLL_MS: '10',
  FLEET98_DEPLOY_RETRY_MIN_MS: '50',
  FLEET98_DEPLOY_RETRY_MAX_MS: '200',
  FLEET98_FTP_CONNECT_MS: '5000',
};

/** What is used of a machine that cases are tried on. */
export interface LanePc {
  readonly port: number;
  readonly user: string;
  /** As the FTP server shows it. */
  readonly spool: string;
  /** The folder of the host that is the machine's spool. */
  readonly spoolFolder: string;
  stop(): Promise<void>;
}

/** One machine, its cable and its daemon: cases are tried on it one after another. */
export class Lane<Pc extends LanePc = LanePc> {
  readonly machine = 'old';
  readonly pc: Pc;
  readonly cable: WatchedCable;
  /** What each LOG held when the daemon told the machine to delete it. */
  readonly deletedLogs = new Map<string, Buffer>();
  /** Told when the daemon has read of a LOG and goes on to something else. */
  onLogRead: () => void = () => {};
  readonly #folder: string;
  #lastCommand = '';
  #daemon: Daemon | undefined;
  #dying: Promise<void> = Promise.resolve();

  private constructor(folder: string, pc: Pc, cable: WatchedCable) {
    this.#folder = folder;
    this.pc = pc;
    this.cable = cable;
    cable.onCommand = (command) => {
      if (/^RETR .*\.LOG$/.test(this.#lastCommand)) this.onLogRead();
      this.#lastCommand = command;
      this.#keepLog(command);
    };
  }

  static async start<Pc extends LanePc>(startPc: (diskFolder: string) => Promise<Pc>): Promise<Lane<Pc>> {
    const folder = mkdtempSync(join(inject('evidenceFolder'), 'lane-'));
    const pc = await startPc(join(folder, 'disk'));
    const lane = new Lane(folder, pc, await WatchedCable.to(pc.port));
    await lane.startDaemon();
    const { spool, user } = pc;
    const { port } = lane.cable;
    const account = { host: '127.0.0.1', port, user, password: machinePassword, spool };
    await lane.daemon.ask('POST', '/machines', { name: lane.machine, ...account });
    await lane.daemon.ask('POST', `/machines/${lane.machine}/probe`, {});
    return lane;
  }

  get daemon(): Daemon {
    if (!this.#daemon) throw new Error('the daemon is not running');
    return this.#daemon;
  }

  get spoolFolder(): string {
    return this.pc.spoolFolder;
  }

  async startDaemon(): Promise<void> {
    await this.#dying;
    const record = join(this.#folder, 'daemon.log');
    const options = { program: [inject('builtCli')], record, token: apiToken };
    this.#daemon = await Daemon.start(join(this.#folder, 'data'), settings, options);
  }

  get isDaemonDead(): boolean {
    return this.#daemon === undefined;
  }

  /** The daemon is dead when this returns; settles when its process is gone. */
  killDaemon(): Promise<void> {
    this.#dying = this.#daemon?.kill() ?? this.#dying;
    this.#daemon = undefined;
    return this.#dying;
  }

  /** At the first event of the daemon that `matches`, `act` is called. Resolves when the daemon is being listened to. */
  async onEvent(matches: (event: SseEvent) => boolean, act: () => void): Promise<void> {
    const listening = new AbortController();
    const { daemon } = this;
    await new Promise<void>((resolve) => {
      const over = daemon.events(listening.signal, resolve, (event) => {
        if (!matches(event) || listening.signal.aborted) return;
        listening.abort();
        act();
      });
      over.catch(() => {});
    });
  }

  /** What the daemon called an error since the lane began; each line is a JSON object. */
  daemonErrors(): readonly string[] {
    const lines = readFileSync(join(this.#folder, 'daemon.log'), 'utf8').split('\n');
    return lines.filter((line) => /^\{"level":(50|60),/.test(line));
  }

  /** The files of the spool that belong to no bundle: jobs, logs, ends and staged files. */
  leftovers(): readonly string[] {
    return ['IN', 'RUN', 'OUT', 'STAGE'].flatMap((name) =>
      readdirSync(join(this.spoolFolder, name)).map((file) => `${name}/${file}`),
    );
  }

  async stop(): Promise<void> {
    if (this.#daemon) await this.#askEverything();
    await this.killDaemon();
    await this.cable.close();
    await this.pc.stop();
    refuseSecrets(this.#folder);
  }

  /** What the daemon tells about the machine is evidence too: secrets are looked for in it. */
  async #askEverything(): Promise<void> {
    for (const path of ['', '/why', '/preflight?bundle=none']) {
      await this.daemon.ask('GET', `/machines/${this.machine}${path}`).catch(() => {});
    }
    for (const path of ['/healthz', '/metrics', '/docs/json', '/api/v1/machines', '/api/v1/runs']) {
      await this.daemon.bytes(path).catch(() => {});
    }
  }

  #keepLog(command: string): void {
    const id = /^DELE .*\/OUT\/([0-9A-F]{8})\.LOG$/.exec(command)?.[1];
    const path = id === undefined ? undefined : join(this.spoolFolder, 'OUT', `${id}.LOG`);
    if (id !== undefined && path !== undefined && existsSync(path)) {
      this.deletedLogs.set(id, readFileSync(path));
    }
  }
}

export type LaneSimulatedPc = SimulatedPc & LanePc;

/** A simulated PC as fast as the host, with a password that is looked for afterwards. */
export const simulatedPc =
  (agent: AgentChoice) =>
  async (diskFolder: string): Promise<LaneSimulatedPc> => {
    const profile = { ...loadProfile('pentium2-win98'), password: machinePassword };
    const options = { profile, diskFolder, agent, pollMs: 20, rateBytesPerSecond: 0 };
    return Object.assign(await startSimulatedPc(options), { spoolFolder: join(diskFolder, 'FLEET98') });
  };
