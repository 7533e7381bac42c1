import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { Health } from '../../contract/health.ts';
import { routes } from '../../contract/routes.ts';
import type { ApiParts } from '../parts.ts';
import { at } from '../route-options.ts';

export const healthRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, { store }, done) => {
  app.route({ ...at(routes.showHealth), handler: (): Health => ({ status: 'ok' }) });

  app.route({
    ...at(routes.showReadiness),
    handler: async (_request, reply): Promise<Health> => {
      const healthy = await store.isHealthy();
      if (!healthy) reply.code(503);
      return { status: healthy ? 'ok' : 'unavailable' };
    },
  });
  done();
};
