import type { Logger } from 'pino';
import { buildApp } from './api/app.ts';
import type { ApiServer } from './api/app.ts';
import type { ApiConfig } from './api/parts.ts';
import type { Config } from './config.ts';
import { systemClock } from './lib/clock.ts';
import { Metrics } from './metrics.ts';
import { createOperations } from './operations/create-operations.ts';
import type { OperationsSettings } from './operations/settings.ts';
import type { Operations } from './operations/operations.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/open-store.ts';
import { createPushTransport } from './transports/push.ts';

export interface Context {
  readonly app: ApiServer;
  readonly operations: Operations;
  readonly store: Store;
  /** Stops in the order that loses nothing: no more requests, no more sessions, then the store. */
  close(): Promise<void>;
}

/** The only place that constructs things. `restart` shall close the context and create another in its place. */
export async function createContext(config: Config, logger: Logger, restart: () => void): Promise<Context> {
  const metrics = new Metrics();
  const store = await openStore({ dataDir: config.dataDir, watch: metrics });
  const operations = createOperations({
    store,
    clock: systemClock,
    log: logger,
    transport: createPushTransport(),
    settings: operationsSettings(config),
  });
  metrics.follow(store, operations.events);
  const app = await buildApp({ config: apiConfig(config), store, operations, logger, metrics, restart });
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    // Together: a request may wait for a machine, and it is the stop of the operations that ends the waiting.
    await Promise.all([closeServer(app), operations.stop()]);
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
  return { app, operations, store, close };
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
