import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { routes } from '../../contract/routes.ts';
import { fillPath } from '../../contract/paths.ts';
import type { NewBundle } from '../../contract/bundles.ts';
import type { Command } from '../../domain/bundle.ts';
import { defined } from '../defined.ts';
import { pageRequest, presentPage } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { bundleReference, presentBundle } from '../presenters/bundle.ts';
import { at } from '../route-options.ts';

const readCommand = (given: NewBundle['command']): Command | undefined =>
  given && { args: [], keep: [], ...given };

export const bundleRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, { store, operations }, done) => {
  app.route({
    ...at(routes.createBundle),
    handler: async ({ body: { name, files, command, engine } }, reply) => {
      const { bundle, created } = await operations.createBundle(
        defined({ name, files, command: readCommand(command), engine: engine ?? 'auto' }),
      );
      const { version } = bundle;
      reply.code(created ? 201 : 200);
      reply.header('location', fillPath(routes.showBundle.path, { name: bundle.name, version }));
      return presentBundle(bundle);
    },
  });

  app.route({
    ...at(routes.listBundles),
    handler: async ({ query }) => {
      const page = await store.bundles.list({ ...pageRequest(query), ...defined({ name: query.name }) });
      return presentPage(page, presentBundle);
    },
  });

  app.route({
    ...at(routes.showBundle),
    handler: async ({ params: { name, version } }) =>
      presentBundle(await operations.findBundle(bundleReference(name, version))),
  });
  app.route({
    ...at(routes.readHandDelivery),
    handler: async ({ params: { name, version } }) => {
      const reference = bundleReference(name, version);
      const { bundle, jobId, job, files } = await operations.byHand(reference);
      const text = Buffer.from(job).toString('base64');
      return { bundle: reference, folder: bundle.folder, job: { id: jobId, text }, files: [...files] };
    },
  });
  done();
};
