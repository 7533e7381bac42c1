import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { fillPath } from '../../contract/paths.ts';
import { routes } from '../../contract/routes.ts';
import { defined } from '../defined.ts';
import { found } from '../found.ts';
import { once } from '../once.ts';
import type { ApiParts } from '../parts.ts';
import { presentRun } from '../presenters/run.ts';
import { at } from '../route-options.ts';

export const runImportRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, parts, done) => {
  const { store, operations } = parts;

  app.route({
    ...at(routes.importRun),
    handler: async (request, reply) => {
      const { end, parameters = {}, ...rest } = request.body;
      const file = end === undefined ? undefined : Buffer.from(end, 'latin1');
      const asked = {
        ...defined({ ...rest, end: file }),
        log: rest.log,
        parameters,
        requestedBy: request.asker,
      };
      const run = await once(parts, request, reply, {
        create: (key) => operations.importRun({ ...asked, ...key }),
        again: ({ runIds = [] }) => store.runs.get(Number(runIds[0])).then((made) => found(made, 'the run')),
      });
      reply.code(201).header('location', fillPath(routes.showRun.path, { id: run.id }));
      return presentRun(run);
    },
  });
  done();
};
