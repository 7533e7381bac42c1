import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadProfile } from '../../src/simulator/profile.ts';
import { startSimulatedPc } from '../../src/simulator/simulated-pc.ts';
import type { SimulatedPc } from '../../src/simulator/simulated-pc.ts';
import { WatchedCable } from '../support/watched-cable.ts';

/** A simulated PC on its cable, and what can be seen of it from outside. */
export class OldPc {
  readonly pc: SimulatedPc;
  readonly cable: WatchedCable;
  readonly spoolFolder: string;
  /** What each LOG held when the daemon told the machine to delete it. */
  readonly deletedLogs = new Map<string, Buffer>();
  /** Ids of the jobs that were claimed and had no END when their agent died. */
  readonly orphans = new Set<string>();

  private constructor(pc: SimulatedPc, cable: WatchedCable) {
    this.pc = pc;
    this.cable = cable;
    this.spoolFolder = join(pc.diskFolder, 'FLEET98');
    cable.onCommand = (command) => this.#keepLog(command);
  }

  static async start(name: string, folder: string): Promise<OldPc> {
    const profile = { ...loadProfile('pentium2-win98'), tokensPerSecond: 0 };
    const options = { profile, name, agent: 'ts', pollMs: 15, rateBytesPerSecond: 0 } as const;
    const pc = await startSimulatedPc({ ...options, diskFolder: join(folder, name) });
    return new OldPc(pc, await WatchedCable.to(pc.port));
  }

  get name(): string {
    return this.pc.name;
  }

  async crashAgent(): Promise<void> {
    await this.pc.crashAgent();
    this.#noteOrphans();
  }

  async powerOff(loseTailBytes: number): Promise<void> {
    await this.pc.powerOff({ loseTailBytes });
    this.#noteOrphans();
  }

  /** The words of the runs whose program was started, in order. */
  starts(): readonly string[] {
    return this.#lines('STARTS');
  }

  /** The words of those that were started while another one was still there. */
  overlaps(): readonly string[] {
    return this.#lines('OVERLAPS');
  }

  /** What lies in the folders of the spool that are empty when nothing goes on. */
  litter(): readonly string[] {
    return ['IN', 'RUN', 'OUT', 'STAGE'].flatMap((folder) =>
      this.#names(folder).map((name) => `${folder}/${name}`),
    );
  }

  read(path: string): Buffer | undefined {
    const file = join(this.spoolFolder, path);
    return existsSync(file) ? readFileSync(file) : undefined;
  }

  async stop(): Promise<void> {
    await this.cable.close();
    await this.pc.stop();
  }

  #noteOrphans(): void {
    const ended = this.#names('OUT');
    for (const name of this.#names('RUN')) {
      const id = name.slice(0, 8);
      if (!ended.includes(`${id}.END`)) this.orphans.add(id);
    }
  }

  #keepLog(command: string): void {
    const id = /^DELE .*\/OUT\/([0-9A-F]{8})\.LOG$/.exec(command)?.[1];
    const log = id === undefined ? undefined : this.read(`OUT/${id}.LOG`);
    if (id !== undefined && log) this.deletedLogs.set(id, log);
  }

  #names(folder: string): readonly string[] {
    const path = join(this.spoolFolder, folder);
    return existsSync(path) ? readdirSync(path) : [];
  }

  #lines(name: string): readonly string[] {
    const path = join(this.pc.diskFolder, name);
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  }
}
