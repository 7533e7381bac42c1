import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Machine } from '../../../src/contract/machines.ts';
import { apiToken, machinePassword, refuseSecrets } from '../../e2e/support/secrets.ts';
import { Daemon } from '../../support/daemon.ts';
import { waitFor } from '../../support/wait-for.ts';
import { WatchedCable } from '../../support/watched-cable.ts';
import { EmulatedPc } from './emulated-pc.ts';
import type { PcOptions } from './emulated-pc.ts';
import { copyIn, copyOut } from './fat-image.ts';
import { Person } from './person.ts';

const project = join(import.meta.dirname, '../../..');
const SPOOL = 'FLEET98';
const PATIENCE_MS = 100_000;
/** Stands in clear on a machine with FTPD98, so it is none of the secrets that are searched for. */
const WINDOWS_PASSWORD = 'on-the-disk-of-that-machine';

/** Quick, so that a case waits for the machine and not for a pause. */
const settings = {
  FLEET98_HTTP_TOKEN: apiToken,
  FLEET98_LOG_LEVEL: 'trace',
  FLEET98_RUN_POLL_MIN_MS: '50',
  FLEET98_RUN_POLL_MAX_MS: '400',
  FLEET98_JOBS_POLL_MS: '50',
  FLEET98_DEPLOY_RETRY_MIN_MS: '100',
  FLEET98_DEPLOY_RETRY_MAX_MS: '400',
  FLEET98_FTP_CONNECT_MS: '5000',
};

/** One emulated PC, its cable and its daemon. */
export class PcLane {
  readonly machine = 'oldbox';
  readonly pc: EmulatedPc;
  readonly person: Person;
  /** What the daemon knows to log in. */
  readonly password: string;
  readonly #folder: string;
  #cable: WatchedCable | undefined;
  #daemon: Daemon | undefined;
  #cuts = 0;
  readonly #deleted = new Set<string>();

  constructor(options: PcOptions) {
    this.#folder = mkdtempSync(join(inject('evidenceFolder'), `${options.fileSystem}-`));
    this.pc = new EmulatedPc(join(this.#folder, 'pc'), options);
    this.password = options.windows === undefined ? machinePassword : WINDOWS_PASSWORD;
    this.person = new Person(() => this.pc.port, this.password);
  }

  get cable(): WatchedCable {
    if (!this.#cable) throw new Error('the PC was never on');
    return this.#cable;
  }

  get daemon(): Daemon {
    if (!this.#daemon) throw new Error('the daemon is not running');
    return this.#daemon;
  }

  /** Switches the PC on, and plugs its cable in. */
  async powerOn(): Promise<void> {
    await this.pc.powerOn();
    this.#cable ??= await WatchedCable.to(this.pc.port);
    await this.#cable.plug();
  }

  async startDaemon(): Promise<void> {
    const options = { program: [inject('builtCli')], record: this.#daemonLog, token: apiToken };
    this.#daemon = await Daemon.start(join(this.#folder, 'data'), settings, options);
  }

  async killDaemon(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    await daemon?.kill();
  }

  /** Pulls the plug now; settles with a folder of what had reached the disk of the spool by then. */
  async cutPower(): Promise<string> {
    const off = this.pc.powerOff();
    await Promise.all([off, this.cable.unplug()]);
    this.#cuts += 1;
    const left = join(this.#folder, `left-${this.#cuts}`);
    copyOut(this.pc.image, SPOOL, left);
    return join(left, SPOOL);
  }

  /** What a person does with a new machine that has Windows, from a floppy disk: the folder and what belongs into it. */
  installOnWindows(programs: Readonly<Record<string, Uint8Array>>): void {
    const entries = ['poll_ms=100', 'ftp_user=fleet', `ftp_password=${this.password}`, 'ftp_root=D:\\'];
    const lines = entries.map((line) => `${line}\r\n`).join('');
    copyIn(this.pc.image, SPOOL, { ...programs, 'AGENT.INI': lines });
  }

  /** Both programs of Windows have started. */
  async windowsIsUp(): Promise<void> {
    await this.pc.seeOnConsole(/FTPD98 \S+: OLDBOX \S+ port 21, sessions/);
    await this.pc.seeOnConsole(/agent98 \S+ build \S+ works in/);
  }

  /** What a person does with a new machine: the folder, the agent in it, and its start. */
  async installAgent(program: Uint8Array = readFileSync(committedAgentPath)): Promise<void> {
    const { person, pc } = this;
    await person.put(`${SPOOL}/AGENT.EXE`, program);
    await person.put(`${SPOOL}/AGENT.INI`, 'poll_ms=100\r\n');
    pc.type(`cd /disk/${SPOOL} && ./AGENT.EXE &`);
    await pc.seeOnConsole(/agent98 \S+ build \S+ works in/);
  }

  register(labels: Readonly<Record<string, string>> = {}): Promise<Machine> {
    const address = { host: '127.0.0.1', port: this.cable.port, user: 'fleet', password: this.password };
    return this.daemon.ask('POST', '/machines', { name: this.machine, ...address, labels });
  }

  probe(): Promise<Machine> {
    return this.daemon.ask('POST', `/machines/${this.machine}/probe`, {});
  }

  /** The machine is registered, its agent works, and all that was written for it is on its disk. */
  async begin(): Promise<void> {
    await this.powerOn();
    await this.startDaemon();
    await this.person.makeFolder(SPOOL);
    await this.installAgent();
    await this.register();
    await this.probe();
    this.pc.type('sync; echo "PC: all is" "on the disk"');
    await this.pc.seeOnConsole(/PC: all is on the disk/);
  }

  /** To be told each command of the daemon. */
  noteCommand(command: string): void {
    const name = /^DELE .*\/((?:IN|RUN|OUT|STAGE)\/[^/]+)$/.exec(command)?.[1];
    if (name !== undefined) this.#deleted.add(name);
  }

  /**
   * The files of the spool that belong to no bundle: jobs, logs, ends and staged files. What was deleted before may be
   * back after a power cut, as FTP servers do not flush: of that only what belongs to `job` counts.
   */
  async leftovers(job = ''): Promise<string[]> {
    const names = await this.person.list(SPOOL, ['IN', 'RUN', 'OUT', 'STAGE']);
    return names.filter((name) => !this.#deleted.has(name) || (job !== '' && name.includes(job)));
  }

  /** A file of the spool, as the FTP server gives it out. */
  read(path: string): Promise<Buffer> {
    return this.person.get(`${SPOOL}/${path}`);
  }

  /** Waits until the daemon answers as it should. */
  until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    return waitFor(what, look, PATIENCE_MS);
  }

  /** What the daemon called an error since the lane began; each line is a JSON object. */
  daemonErrors(): readonly string[] {
    const lines = existsSync(this.#daemonLog) ? readFileSync(this.#daemonLog, 'utf8').split('\n') : [];
    return lines.filter((line) => /^\{"level":(50|60),/.test(line));
  }

  /** All that the daemon has logged. */
  daemonLog(): string {
    return readFileSync(this.#daemonLog, 'utf8');
  }

  /** Where a failed case can be studied afterwards. */
  keepEvidence(name: string): string {
    const folder = join(project, 'dist', 'e2e-pc', name.replaceAll(/[^A-Za-z0-9]+/g, '-'));
    mkdirSync(folder, { recursive: true });
    for (const path of [this.pc.consoleFile, this.#daemonLog, this.pc.image]) {
      if (existsSync(path)) copyFileSync(path, join(folder, path.split('/').at(-1) ?? 'file'));
    }
    return folder;
  }

  async stop(): Promise<void> {
    await this.killDaemon();
    await this.#cable?.close();
    await this.pc.stop();
    refuseSecrets(this.#folder);
  }

  get #daemonLog(): string {
    return join(this.#folder, 'daemon.log');
  }
}

/** The agent for such a PC, as it is committed. */
export const committedAgentPath = join(project, 'deploy-scripts', 'machine', 'linux-i386', 'AGENT.EXE');
