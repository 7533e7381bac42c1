import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { fillPath } from '../../contract/paths.ts';
import { routes } from '../../contract/routes.ts';
import { defined } from '../defined.ts';
import { filterIds, filterTimes } from '../filters.ts';
import { found } from '../found.ts';
import { once } from '../once.ts';
import { pageRequest, presentPage } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { presentRun, presentRunSummary } from '../presenters/run.ts';
import { at } from '../route-options.ts';

export const runRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, parts, done) => {
  const { store, operations } = parts;
  const known = async (id: number) => found(await store.runs.get(id), `run ${id}`);

  app.route({
    ...at(routes.run),
    handler: async (request, reply) => {
      const { bundle, machines, parameters = {}, limits = {}, deploy = false } = request.body;
      const asked = { bundle, machines, parameters, limits, deploy, requestedBy: request.asker };
      const runs = await once(parts, request, reply, {
        create: (key) => operations.run({ ...asked, ...key }),
        again: ({ runIds = [] }) => Promise.all(runIds.map(known)),
      });
      const [only] = runs;
      if (runs.length === 1 && only) reply.header('location', fillPath(routes.showRun.path, { id: only.id }));
      reply.code(202);
      const notes = await operations.runNotes([...new Set(runs.map((run) => run.machineName))]);
      return defined({ runs: runs.map(presentRunSummary), notes: notes.length > 0 ? notes : undefined });
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
    handler: async ({ params: { id } }) => presentRun(await known(id)),
  });

  app.route({
    ...at(routes.cancelRun),
    handler: async ({ params: { id } }, reply) => {
      const run = await operations.cancelRun(id);
      reply.code(202);
      return presentRunSummary(run);
    },
  });

  app.route({
    ...at(routes.abandonRun),
    handler: async ({ params: { id } }) => presentRunSummary(await operations.abandonRun(id)),
  });
  done();
};
