import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Operations } from '../operations/operations.ts';
import type { ApiStore } from './api-store.ts';
import { refuseMalformed } from './client-error.ts';
import { lazySerializers, lazyValidators } from './lazy-compilers.ts';
import type { ApiConfig, ApiMetrics, ApiParts } from './parts.ts';
import { apiPages } from './plugins/api-pages.ts';
import { access } from './plugins/access.ts';
import { errors, sendProblem } from './plugins/errors.ts';
import { expectContinue } from './plugins/expect-continue.ts';
import { hostCheck } from './plugins/host-check.ts';
import { jsonBody } from './plugins/json-body.ts';
import { linger } from './plugins/linger.ts';
import { originCheck } from './plugins/origin-check.ts';
import { countRequests } from './plugins/count-requests.ts';
import { queryTypes } from './plugins/query-types.ts';
import { addSecurityHeaders, securityHeaders } from './plugins/security-headers.ts';
import { agentRoutes } from './routes/agents.ts';
import { artifactRoutes, uploadRoutes } from './routes/artifacts.ts';
import { benchmarkResultRoutes } from './routes/benchmark-results.ts';
import { benchmarkRoutes } from './routes/benchmarks.ts';
import { backupRoutes, restoreRoutes } from './routes/backup.ts';
import { bundleRoutes } from './routes/bundles.ts';
import { deploymentActionRoutes, deploymentRoutes } from './routes/deployments.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { machineActionRoutes } from './routes/machine-actions.ts';
import { machineFileRoutes } from './routes/machine-files.ts';
import { newcomerRoutes } from './routes/newcomers.ts';
import { machineRoutes } from './routes/machines.ts';
import { receiptRoutes } from './routes/receipts.ts';
import { runImportRoutes } from './routes/run-import.ts';
import { runOutputRoutes } from './routes/run-output.ts';
import { runRoutes } from './routes/runs.ts';
import { SseHub } from './sse-hub.ts';

const allRoutes = [
  machineRoutes,
  machineActionRoutes,
  machineFileRoutes,
  newcomerRoutes,
  uploadRoutes,
  agentRoutes,
  artifactRoutes,
  bundleRoutes,
  deploymentRoutes,
  deploymentActionRoutes,
  receiptRoutes,
  runRoutes,
  runImportRoutes,
  runOutputRoutes,
  benchmarkRoutes,
  benchmarkResultRoutes,
  eventRoutes,
  healthRoutes,
  metricsRoutes,
  backupRoutes,
  restoreRoutes,
];

/** For those who hold the server without owning fastify. */
export type ApiServer = FastifyInstance;

function createServer(maxJsonBytes: number, logger: FastifyBaseLogger): FastifyInstance {
  return fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxJsonBytes,
    routerOptions: { maxParamLength: 1000 },
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, request, reply) => {
      addSecurityHeaders(reply);
      sendProblem(error, request, reply);
    },
  });
}

/**
 * The HTTP server, ready to listen. Checks run in the order of registration: host, origin, token, size of the body,
 * and then only is a body asked for. `close()` ends event streams at once.
 */
export async function buildApp(given: {
  config: ApiConfig;
  store: ApiStore;
  operations: Operations;
  logger: FastifyBaseLogger;
  metrics: ApiMetrics;
  restart: () => void;
}): Promise<ApiServer> {
  const { config, store, operations, logger, metrics, restart } = given;
  const app = createServer(config.maxJsonBytes, logger);
  app.setValidatorCompiler(lazyValidators);
  app.setSerializerCompiler(lazySerializers);
  const hub = new SseHub();
  app.addHook('preClose', async () => hub.close());

  await app.register(countRequests, { metrics });
  await app.register(securityHeaders);
  await app.register(errors);
  await app.register(linger);
  await app.register(hostCheck, { hosts: config.hosts });
  await app.register(originCheck);
  await app.register(access, { tokens: config.tokens });
  await app.register(expectContinue);
  await app.register(jsonBody);
  await app.register(queryTypes);
  await app.register(apiPages);

  const parts: ApiParts = { config, store, operations, hub, metrics, restart };
  for (const routes of allRoutes) await app.register(routes, parts);
  await app.ready();
  return app;
}
