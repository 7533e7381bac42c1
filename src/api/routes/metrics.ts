import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { routes } from '../../contract/routes.ts';
import type { ApiParts } from '../parts.ts';
import { at } from '../route-options.ts';

export const metricsRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, { metrics, hub }, done) => {
  app.route({
    ...at(routes.showMetrics),
    handler: async (_request, reply) => {
      reply.type(metrics.mediaType);
      return reply.send(await metrics.page({ eventStreams: hub.size }));
    },
  });
  done();
};
