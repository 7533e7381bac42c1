import type { Logger } from 'pino';
import { buildApp } from './api/app.ts';
import type { ApiServer } from './api/app.ts';
import type { ApiConfig } from './api/parts.ts';
import type { Config } from './config.ts';
import { systemClock } from './lib/clock.ts';
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

/** The only place that constructs things. */
export async function createContext(config: Config, logger: Logger): Promise<Context> {
  const store = await openStore({ dataDir: config.dataDir });
  const operations = createOperations({
    store,
    clock: systemClock,
    log: logger,
    transport: createPushTransport(),
    settings: operationsSettings(config),
  });
  const app = await buildApp({ config: apiConfig(config), store, operations, logger });
  await operations.start();
  return {
    app,
    operations,
    store,
    close: async () => {
      await app.close();
      await operations.stop();
      await store.close();
    },
  };
}

function apiConfig({ http }: Config): ApiConfig {
  return {
    hosts: [http.host, ...http.hosts],
    maxArtifactBytes: http.maxArtifactBytes,
    maxJsonBytes: http.maxJsonBytes,
    ...(http.token !== '' && { token: http.token }),
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
    jobs: config.jobs,
  };
}
