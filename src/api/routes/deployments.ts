import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { DeploymentSummary } from '../../contract/deployments.ts';
import { fillPath } from '../../contract/paths.ts';
import { routes } from '../../contract/routes.ts';
import { defined } from '../defined.ts';
import { filterIds, filterTimes } from '../filters.ts';
import { found } from '../found.ts';
import { pageRequest } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { presentDeployment, presentDeploymentSummary } from '../presenters/deployment.ts';
import { at } from '../route-options.ts';

export const deploymentRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, parts, done) => {
  const { store, operations } = parts;
  const show = async (id: number) => {
    const deployment = found(await store.deployments.get(id), `deployment ${id}`);
    return presentDeployment(deployment, await store.deployments.targets(id));
  };

  app.route({
    ...at(routes.deploy),
    handler: async ({ body }, reply) => {
      const { deployment, targets } = await operations.deploy({ ...body, requestedBy: 'api' });
      reply.code(202).header('location', fillPath(routes.showDeployment.path, { id: deployment.id }));
      return presentDeployment(deployment, targets);
    },
  });

  app.route({
    ...at(routes.listDeployments),
    handler: async ({ query }) => {
      const { items, next } = await store.deployments.list({
        ...pageRequest(query),
        ...(await filterIds(parts, query)),
        ...filterTimes(query),
      });
      const summaries: DeploymentSummary[] = [];
      for (const deployment of items) {
        summaries.push(presentDeploymentSummary(deployment, await store.deployments.targets(deployment.id)));
      }
      return defined({ items: summaries, next });
    },
  });

  app.route({
    ...at(routes.showDeployment),
    handler: async ({ params }) => show(params.id),
  });

  app.route({
    ...at(routes.cancelDeployment),
    handler: async ({ params: { id } }, reply) => {
      found(await store.deployments.get(id), `deployment ${id}`);
      await operations.cancelDeployment(id);
      reply.code(202);
      return show(id);
    },
  });
  done();
};
