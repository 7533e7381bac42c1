import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { Health } from '../../contract/health.ts';
import { routes } from '../../contract/routes.ts';
import type { ApiParts } from '../parts.ts';
import { isoTime } from '../presenters/time.ts';
import { at } from '../route-options.ts';

export const healthRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, { store }, done) => {
  const startedAt = isoTime(Date.now());
  app.route({ ...at(routes.showHealth), handler: (): Health => ({ status: 'ok', startedAt }) });

  app.route({
    ...at(routes.showReadiness),
    handler: async (_request, reply): Promise<Health> => {
      const trouble = await store.trouble();
      if (!trouble) return { status: 'ok', startedAt };
      reply.code(503);
      return { status: 'unavailable', startedAt, code: trouble.code, detail: trouble.message };
    },
  });
  done();
};
