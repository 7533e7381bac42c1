import { platformOf } from '../platforms/index.ts';
import { chmodSync, copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chooseAgent, programOf, startPcAgent, type AgentChoice, type AgentKind } from './agent-kinds.ts';
import { watchForCrash } from './crash-watch.ts';
import { startFtpServer, type RunningFtpServer } from './ftp/server.ts';
import { KnobBoard, plainKnobs, turnKnobs, type Knobs } from './knobs.ts';
import { whenIdle } from './idle-spool.ts';
import type { PcAgent } from './pc-agent.ts';
import { loseTails } from './power-cut.ts';
import type { PcProfile } from './profile.ts';

export type { AgentChoice, AgentKind } from './agent-kinds.ts';

export interface SimulatedPcOptions {
  readonly profile: PcProfile;
  /** The folder of the host that is the PC's disk; made when missing, kept at the end. */
  readonly diskFolder: string;
  /** The computer's own name; the profile's when left out. */
  readonly name?: string;
  /** 0 or left out: any free port. */
  readonly ftpPort?: number;
  readonly agent?: AgentChoice;
  readonly pollMs?: number;
  /** Instead of the profile's; 0: no limit. */
  readonly rateBytesPerSecond?: number;
  /** As the command line has them, `KNOB=VALUE`; after those of the profile. */
  readonly knobs?: readonly string[];
}

export interface PowerCut {
  /** How many bytes of their end files lose that were not flushed; 0 when left out. */
  readonly loseTailBytes?: number;
}

/** A simulated PC. What is asked of it happens in the order in which it was asked. */
export interface SimulatedPc {
  readonly name: string;
  /** The name of its profile. */
  readonly profile: string;
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly spool: '/FLEET98';
  readonly diskFolder: string;
  readonly agentKind: AgentKind;
  /** How its knobs stand. */
  readonly knobs: Knobs;
  /** Changes knobs while it runs. */
  turn(change: Partial<Knobs>): void;
  /** Ends the agent with its program, as closing its window would; the FTP server stays. */
  stopAgent(): Promise<void>;
  /** Kills the agent with its program in the middle of whatever they do; the FTP server stays. */
  crashAgent(): Promise<void>;
  /** Starts the agent after it was stopped or has crashed. */
  startAgent(): Promise<void>;
  /**
   * The key that ends the FTP server, on a PC that does one thing at a time: its agent then does all jobs that wait, and
   * the server comes back. Settles when the server has left; nothing happens while the agent works.
   */
  pressKey(): Promise<void>;
  /**
   * Cuts the power: agent and program are killed, connections reset, new ones refused. Settles when nothing of the PC
   * can touch its disk any more.
   */
  powerOff(cut?: PowerCut): Promise<void>;
  /** Starts agent and FTP server again, on the same disk and port. */
  powerOn(): Promise<void>;
  /** Ends the agent with its program, then the FTP server. */
  stop(): Promise<void>;
}

/** Starts one simulated PC: disk, agent and FTP server. AGENT_NEEDED when the agent does not come up. */
export async function startSimulatedPc(options: SimulatedPcOptions): Promise<SimulatedPc> {
  const inTurn = oneAtATime();
  const machine = new Machine(options, inTurn);
  await machine.switchOn(options.ftpPort ?? 0);
  const { port } = machine;
  return {
    name: machine.name,
    profile: options.profile.name,
    host: '127.0.0.1',
    port,
    user: options.profile.user,
    password: options.profile.password,
    spool: '/FLEET98',
    diskFolder: machine.diskFolder,
    agentKind: machine.agentKind,
    get knobs() {
      return machine.knobs;
    },
    turn: (change) => machine.turn(change),
    stopAgent: () => inTurn(() => machine.stopAgent()),
    crashAgent: () => inTurn(() => machine.crashAgent()),
    startAgent: () => inTurn(() => machine.startAgent()),
    pressKey: () => inTurn(() => machine.endServer()),
    powerOff: (cut = {}) => inTurn(() => machine.cutPower(cut.loseTailBytes ?? 0)),
    powerOn: () => inTurn(() => machine.switchOn(port)),
    stop: () => inTurn(() => machine.stop()),
  };
}

type InTurn = (task: () => Promise<void>) => Promise<void>;

/** Runs each task when those before it are over, whatever became of them. */
function oneAtATime(): InTurn {
  let last: Promise<void> = Promise.resolve();
  return (task) => {
    const mine = last.then(task);
    last = mine.catch(() => {});
    return mine;
  };
}

/** The parts of one PC. */
class Machine {
  readonly name: string;
  readonly diskFolder: string;
  readonly agentKind: AgentKind;
  readonly #options: SimulatedPcOptions;
  readonly #spoolFolder: string;
  readonly #board: KnobBoard;
  readonly #inTurn: InTurn;
  /** It has its FTP server or its agent, never both. */
  readonly #goesDown: boolean;
  #agent: PcAgent | undefined;
  #server: RunningFtpServer | undefined;
  #isOn = false;
  #port = 0;
  #endWatch: () => void = () => {};

  constructor(options: SimulatedPcOptions, inTurn: InTurn) {
    this.#options = options;
    this.#inTurn = inTurn;
    this.#goesDown = platformOf(options.profile.platform).serverDuringRun === 'down';
    this.#board = new KnobBoard(firstKnobs(options));
    this.name = options.name ?? options.profile.name;
    this.diskFolder = resolve(options.diskFolder);
    this.agentKind = chooseAgent(options.agent ?? 'auto');
    this.#spoolFolder = join(this.diskFolder, 'FLEET98');
    this.#furnish();
  }

  get port(): number {
    return this.#port;
  }

  get knobs(): Knobs {
    return this.#board.now;
  }

  turn(change: Partial<Knobs>): void {
    this.#board.set(change);
    this.#watch();
  }

  /** 0: any free port. Does nothing when the power is on. */
  async switchOn(port: number): Promise<void> {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#port = port;
    await this.#startAgent();
    try {
      if (this.#goesDown) await whenIdle(this.#spoolFolder, () => this.#agent !== undefined);
      if (this.#goesDown) await this.stopAgent();
      await this.#startServer();
    } catch (error) {
      this.#isOn = false;
      await this.stopAgent();
      throw error;
    }
  }

  /** The loop of a PC that does one thing at a time: the server leaves, the agent does what waits, the server comes back. */
  async endServer(): Promise<void> {
    const server = this.#server;
    if (!this.#goesDown) throw new Error(`${this.name} has its agent beside its server`);
    if (server === undefined) return;
    this.#server = undefined;
    await server.close();
    await this.#startAgent();
    const agent = this.#agent;
    const isOurs = (): boolean => this.#agent === agent;
    void whenIdle(this.#spoolFolder, isOurs).then(() => this.#inTurn(() => this.#serveAgain()));
  }

  async #serveAgain(): Promise<void> {
    await this.stopAgent();
    if (this.#isOn && this.#server === undefined) await this.#startServer();
  }

  async #startServer(): Promise<void> {
    const { dress, user, password } = this.#options.profile;
    const onSiteQuit = (): void => void this.#inTurn(() => this.endServer());
    this.#server = await startFtpServer({
      diskFolder: this.diskFolder,
      dress,
      user,
      password,
      port: this.#port,
      knobs: this.#board,
      ...(this.#goesDown && { onSiteQuit }),
    });
    this.#port = this.#server.port;
  }

  async cutPower(loseTailBytes: number): Promise<void> {
    this.#isOn = false;
    const server = this.#server;
    this.#server = undefined;
    await Promise.all([server?.cut(), this.crashAgent()]);
    if (loseTailBytes > 0) loseTails(this.#spoolFolder, loseTailBytes);
  }

  async startAgent(): Promise<void> {
    if (!this.#isOn) throw new Error(`${this.name} is switched off`);
    if (this.#goesDown) throw new Error(`${this.name} has its agent only after its server: press the key`);
    await this.#startAgent();
  }

  async stopAgent(): Promise<void> {
    await this.#takeAgent()?.stop();
  }

  async crashAgent(): Promise<void> {
    await this.#takeAgent()?.crash();
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    await this.stopAgent();
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }

  async #startAgent(): Promise<void> {
    if (this.#agent !== undefined) return;
    writeFileSync(join(this.#spoolFolder, 'AGENT.INI'), this.#iniText());
    const { tokensPerSecond } = this.knobs;
    const environment: Record<string, string> =
      tokensPerSecond > 0 ? { PACE_TOKENS_PER_SECOND: String(tokensPerSecond) } : {};
    this.#agent = await startPcAgent(this.agentKind, this.#spoolFolder, environment);
    this.#watch();
  }

  #takeAgent(): PcAgent | undefined {
    const agent = this.#agent;
    this.#agent = undefined;
    this.#watch();
    return agent;
  }

  /** Watches for the crash that the knobs ask for while there is an agent. */
  #watch(): void {
    this.#endWatch();
    this.#endWatch = () => {};
    const { crash } = this.knobs;
    if (crash === undefined || this.#agent === undefined) return;
    this.#endWatch = watchForCrash(this.#spoolFolder, crash, () => {
      this.#board.set({ crash: undefined });
      void this.#inTurn(() => this.crashAgent());
    });
  }

  #furnish(): void {
    mkdirSync(this.#spoolFolder, { recursive: true });
    // Ends the search for a package's settings here: Node must run programs the same wherever the disk lies.
    writeFileSync(join(this.diskFolder, 'package.json'), '{}\n');
    const executable = join(this.#spoolFolder, 'AGENT.EXE');
    if (this.agentKind === 'ts') {
      writeFileSync(executable, "The agent of this simulated PC is the simulator's own.\r\n");
      return;
    }
    // By a rename: an agent that a killed simulator left may still run from the file that is there.
    const temporary = join(this.diskFolder, '.agent-new');
    copyFileSync(programOf(this.agentKind), temporary);
    chmodSync(temporary, 0o755);
    renameSync(temporary, executable);
  }

  #iniText(): string {
    const { profile, pollMs } = this.#options;
    const { ramKb, diskKb } = this.knobs;
    return [
      `name=${this.name}`,
      `cpu=${profile.cpu}`,
      `mhz=${profile.mhz}`,
      `ram_kb=${ramKb}`,
      ...(diskKb === 0 ? [] : [`disk_kb=${diskKb}`]),
      `os=${profile.os}`,
      `platform=${profile.platform}`,
      ...(pollMs === undefined ? [] : [`poll_ms=${pollMs}`]),
      'simulated=1',
      '',
    ].join('\r\n');
  }
}

function firstKnobs({ profile, rateBytesPerSecond, knobs = [] }: SimulatedPcOptions): Knobs {
  const { tokensPerSecond, ramKb } = profile;
  const rate = rateBytesPerSecond ?? profile.rateBytesPerSecond;
  const plain: Knobs = { ...plainKnobs, tokensPerSecond, ramKb, rateBytesPerSecond: rate };
  return turnKnobs(plain, [...(profile.knobs ?? []), ...knobs]);
}
