import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { fillPath } from '../../contract/paths.ts';
import { routes } from '../../contract/routes.ts';
import { defined } from '../defined.ts';
import { filterIds, filterTimes } from '../filters.ts';
import { found } from '../found.ts';
import { pageRequest, presentPage } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { presentRun, presentRunSummary } from '../presenters/run.ts';
import { at } from '../route-options.ts';

export const runRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, parts, done) => {
  const { store, operations } = parts;

  app.route({
    ...at(routes.run),
    handler: async ({ body }, reply) => {
      const { bundle, machines, parameters = {}, limits = {}, deploy = false } = body;
      const request = { bundle, machines, parameters, limits, deploy, requestedBy: 'api' };
      const runs = await operations.run(request);
      const [only] = runs;
      if (runs.length === 1 && only) reply.header('location', fillPath(routes.showRun.path, { id: only.id }));
      reply.code(202);
      return { runs: runs.map(presentRunSummary) };
    },
  });

  app.route({
    ...at(routes.listRuns),
    handler: async ({ query }) => {
      const filter = {
        ...(await filterIds(parts, query)),
        ...filterTimes(query),
        ...defined({ state: query.state }),
      };
      const page = await store.runs.list({ ...pageRequest(query), ...filter });
      return presentPage(page, presentRunSummary);
    },
  });

  app.route({
    ...at(routes.showRun),
    handler: async ({ params: { id } }) => presentRun(found(await store.runs.get(id), `run ${id}`)),
  });

  app.route({
    ...at(routes.cancelRun),
    handler: async ({ params: { id } }, reply) => {
      const run = await operations.cancelRun(id);
      reply.code(202);
      return presentRunSummary(run);
    },
  });
  done();
};
