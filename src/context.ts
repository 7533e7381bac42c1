import { join } from 'node:path';
import type { Logger } from 'pino';
import { buildApp } from './api/app.ts';
import type { ApiServer } from './api/app.ts';
import type { ApiConfig } from './api/parts.ts';
import type { Config } from './config.ts';
import type { Machine } from './domain/machine.ts';
import type { Ticket } from './door/join-files.ts';
import { SetupView } from './door/setup-view.ts';
import type { View } from './ftp/server/view.ts';
import { systemClock } from './lib/clock.ts';
import { Metrics } from './metrics.ts';
import { createOperations } from './operations/create-operations.ts';
import { identityFile, isIdentityOf } from './operations/identity.ts';
import type { OperationsSettings } from './operations/settings.ts';
import type { Operations, VisitorLogin } from './operations/operations.ts';
import { kitsFor } from './platforms/kits.ts';
import { promisedResults } from './spool/end-file.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/open-store.ts';
import { choosingTransport } from './transports/choosing.ts';
import type { AgentFile } from './transports/depot/box-view.ts';
import { Depot } from './transports/depot/depot.ts';
import { createPushTransport } from './transports/push.ts';

export interface Context {
  readonly app: ApiServer;
  readonly operations: Operations;
  readonly store: Store;
  /** What a machine sees that logs in by itself; undefined: no such user, or a wrong password. */
  welcome(login: VisitorLogin): Promise<View | undefined>;
  /** Takes a machine's wish to join, by its AGENT.NFO. */
  join(address: string, info: Uint8Array): Promise<Ticket | undefined>;
  /** Stops in the order that loses nothing: no more requests, no more sessions, then the store. */
  close(): Promise<void>;
}

/** The only place that constructs things. `restart` shall close the context and create another in its place. */
export async function createContext(config: Config, logger: Logger, restart: () => void): Promise<Context> {
  const metrics = new Metrics();
  const store = await openStore({ dataDir: config.dataDir, watch: metrics });
  const depot = new Depot({
    folder: join(config.dataDir, 'depot'),
    clock: systemClock,
    periodMs: config.depot.everySeconds * 1000,
    isOwnId: (machineId, bytes) => isIdentityOf(bytes, { machineId, daemonId: store.daemonId }),
    idFile: (machineId) => identityFile(machineId, store.daemonId),
    promisedBy: promisedResults,
  });
  const operations = createOperations({
    store,
    clock: systemClock,
    log: logger,
    transport: choosingTransport({ push: createPushTransport({}, config.allowedNetworks), depot }),
    settings: operationsSettings(config),
  });
  metrics.follow(store, operations.events);
  const app = await buildApp({ config: apiConfig(config), store, operations, logger, metrics, restart });
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    // Together: a request may wait for a machine, and it is the stop of the operations that ends the waiting.
    await Promise.all([closeServer(app), operations.stop()]);
    await depot.close();
    await store.close();
  };
  const close = (): Promise<void> => (closing ??= closeAll());
  try {
    await furnish(operations, logger);
    await operations.start();
  } catch (error) {
    await close();
    throw error;
  }
  const welcome = (login: VisitorLogin) => welcomeVisitor(depot, operations, login);
  const newcomer: Context['join'] = (address, info) => operations.join(address, info);
  return { app, operations, store, welcome, join: newcomer, close };
}

async function welcomeVisitor(
  depot: Depot,
  operations: Operations,
  login: VisitorLogin,
): Promise<View | undefined> {
  const machine = await operations.admitVisitor(login);
  if (!machine) return (await operations.admitNewcomer(login)) ? nothingYet() : undefined;
  return depot.welcome(machine.id, login.address, await agentFilesFor(operations, machine));
}

/** What a machine sees that waits for somebody's word: the folders, so that its script goes through. */
const nothingYet = (): View => new SetupView([], Date.now(), ['ID', 'IN', 'IN/STAGE', 'OUT']);

/** The programs of its platform, for a machine that has lost its own. */
async function agentFilesFor(
  operations: Operations,
  { platform, agent }: Machine,
): Promise<readonly AgentFile[]> {
  if (platform === undefined) return [];
  const [kit] = kitsFor(platform, agent?.arch ?? agent?.cpu ?? '');
  const programs = (await operations.readyPrograms()).filter((one) => one.platform === kit);
  return Promise.all(
    programs.map(async ({ file, ...program }) => ({
      name: file,
      bytes: await operations.readReadyProgram(program.platform, file),
    })),
  );
}

/** Without them the daemon is as good as ever. */
async function furnish(operations: Operations, logger: Logger): Promise<void> {
  try {
    for (const { name, version } of await operations.furnishStarters()) {
      logger.info({ bundle: `${name}@${version}` }, 'a built-in bundle was made');
    }
  } catch (error) {
    logger.warn({ err: error }, 'the built-in bundles could not be made');
  }
}

/** Answers under way get so long; an upload that goes on for hours does not keep the daemon from stopping. */
const ANSWER_MS = 3_000;

async function closeServer(app: ApiServer): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), ANSWER_MS);
  await app.close();
  clearTimeout(cut);
}

function apiConfig({ http, tokens }: Config): ApiConfig {
  return {
    hosts: [http.host, ...http.hosts],
    tokens,
    maxArtifactBytes: http.maxArtifactBytes,
    maxJsonBytes: http.maxJsonBytes,
    uploadStallMs: http.stallMs,
  };
}

const HOUR_MS = 3_600_000;

function operationsSettings(config: Config): OperationsSettings {
  const { deploy, run } = config;
  return {
    allowedNetworks: config.allowedNetworks,
    maxArtifactBytes: config.http.maxArtifactBytes,
    ftp: config.ftp,
    deploy: { ...deploy, giveUpMs: deploy.giveUpHours * HOUR_MS },
    run: {
      pollMinMs: run.pollMinMs,
      pollMaxMs: run.pollMaxMs,
      limits: {
        limitSeconds: run.limitSeconds,
        quietSeconds: run.quietSeconds,
        logMaxBytes: run.logMaxBytes,
      },
      lateAfterMs: run.lateAfterSeconds * 1000,
      unreachableAfterMs: run.unreachableAfterSeconds * 1000,
      lostAfterMs: run.lostAfterSeconds * 1000,
    },
    retention: config.retention,
    jobs: config.jobs,
    leaderboard: config.leaderboard,
  };
}
