import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { routes } from '../../contract/routes.ts';
import type { ApiParts } from '../parts.ts';
import { bundleReference } from '../presenters/bundle.ts';
import { presentMachineCheck } from '../presenters/machine-check.ts';
import { at } from '../route-options.ts';

/** What lies on a machine. */
export const machineFileRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, { operations }, done) => {
  app.route({
    ...at(routes.verifyMachine),
    handler: async ({ params, body }) =>
      presentMachineCheck(params.name, await operations.verifyMachine(params.name, body.bundle)),
  });

  app.route({
    ...at(routes.removeBundle),
    handler: async ({ params, body }) => {
      const { name, version, folder } = await operations.removeBundle(params.name, body.bundle);
      return { machine: params.name, bundle: bundleReference(name, version), folder };
    },
  });
  done();
};
