import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { VisitLogin, VisitPlace } from '../../src/domain/visit-script.ts';
import { FtpServer } from '../../src/ftp/server/server.ts';
import { identityFile, isIdentityOf } from '../../src/operations/identity.ts';
import type { OperationsSettings } from '../../src/operations/settings.ts';
import { promisedResults } from '../../src/spool/end-file.ts';
import { choosingTransport } from '../../src/transports/choosing.ts';
import { Depot } from '../../src/transports/depot/depot.ts';
import { createPushTransport } from '../../src/transports/push.ts';
import { quickSettings, TestFleet } from './test-fleet.ts';

/** The folders that the agent makes, and PULL.BAT where it has not yet. */
const spoolFolders = ['IN', 'RUN', 'OUT', 'STAGE'];

/** A machine's folder FLEET98, and what it needs to know to come by. */
export interface VisitorHome {
  readonly folder: string;
  readonly place: VisitPlace & VisitLogin;
}

/** A daemon to which machines come by themselves, over its real FTP server. */
export class VisitedFleet implements AsyncDisposable {
  readonly fleet = new TestFleet();
  depot!: Depot;
  #ftp: FtpServer | undefined;

  private constructor(periodMs: number) {
    this.fleet.makeTransport = (store) => {
      this.depot = new Depot({
        folder: join(this.fleet.folder, 'data', 'depot'),
        clock: this.fleet.clock,
        periodMs,
        isOwnId: (machineId, bytes) => isIdentityOf(bytes, { machineId, daemonId: store.daemonId }),
        idFile: (machineId) => identityFile(machineId, store.daemonId),
        promisedBy: promisedResults,
      });
      return choosingTransport({ push: createPushTransport(), depot: this.depot });
    };
  }

  /** `periodMs`: how often machines are expected to come; three such times of silence, and they are unreachable. */
  static async start(
    options: { periodMs?: number; settings?: OperationsSettings } = {},
  ): Promise<VisitedFleet> {
    const visited = new VisitedFleet(options.periodMs ?? 5_000);
    await visited.fleet.startDaemon(options.settings ?? quickSettings);
    await visited.#listen();
    return visited;
  }

  async #listen(): Promise<void> {
    this.#ftp = await FtpServer.listen({
      host: '127.0.0.1',
      port: 0,
      login: async (login) => {
        const machine = await this.fleet.operations.admitVisitor(login);
        return machine && this.depot.welcome(machine.id, login.address, []);
      },
    });
  }

  get port(): number {
    if (!this.#ftp) throw new Error('it does not listen');
    return this.#ftp.port;
  }

  /** Registers a machine that comes by itself, and lays out its folder as a kit does. */
  async addVisitor(name: string): Promise<VisitorHome> {
    const { operations } = this.fleet;
    const password = `${name}-secret-words`;
    const machine = await operations.registerMachine({
      name,
      transport: 'depot',
      port: 21,
      password,
      labels: {},
    });
    const folder = join(this.fleet.folder, name, 'FLEET98');
    for (const one of spoolFolders) mkdirSync(join(folder, one), { recursive: true });
    return {
      folder,
      place: { host: '127.0.0.1', port: this.port, everySeconds: 1, user: machine.user, password },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ftp?.close();
    await this.fleet.stopDaemon();
    await this.depot.close();
    this.fleet.removeFolder();
  }
}
