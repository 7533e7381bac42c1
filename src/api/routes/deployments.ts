import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import type { Deployment, Target } from '../../domain/deployment.ts';
import { fillPath } from '../../contract/paths.ts';
import { routes } from '../../contract/routes.ts';
import { defined } from '../defined.ts';
import { filterIds, filterTimes } from '../filters.ts';
import { found } from '../found.ts';
import { once } from '../once.ts';
import { pageRequest } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { presentDeployPlan } from '../presenters/deploy-plan.ts';
import { presentDeployment, presentDeploymentSummary } from '../presenters/deployment.ts';
import { at } from '../route-options.ts';

interface Stored {
  readonly deployment: Deployment;
  readonly targets: readonly Target[];
}

async function stored({ store }: ApiParts, id: number): Promise<Stored> {
  const deployment = found(await store.deployments.get(id), `deployment ${id}`);
  return { deployment, targets: await store.deployments.targets(id) };
}

const present = async ({ store }: ApiParts, { deployment, targets }: Stored) =>
  presentDeployment(deployment, targets, await store.deployments.obstacles(deployment.id));

/** The answer to a request that made a deployment. */
function accept(parts: ApiParts, reply: FastifyReply, made: Stored) {
  reply.code(202).header('location', fillPath(routes.showDeployment.path, { id: made.deployment.id }));
  return present(parts, made);
}

/** Making and showing deployments. */
export const deploymentRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, parts, done) => {
  const { store, operations } = parts;

  app.route({
    ...at(routes.deploy),
    handler: async (request, reply) => {
      const { body, asker, query } = request;
      if (query.dryRun === 'true') {
        const bundle = await operations.findBundleFor(body.bundle, body.machines);
        return presentDeployPlan(bundle, await operations.planDeployment(bundle, body.machines));
      }
      const made = await once(parts, request, reply, {
        create: (key) => operations.deploy({ ...body, ...key, requestedBy: asker }),
        again: ({ deploymentId = 0 }) => stored(parts, deploymentId),
      });
      return accept(parts, reply, made);
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
      const counts = await store.deployments.stateCounts(items.map(({ id }) => id));
      const summaries = items.map((deployment) =>
        presentDeploymentSummary(deployment, counts.get(deployment.id) ?? new Map()),
      );
      return defined({ items: summaries, next });
    },
  });

  app.route({
    ...at(routes.showDeployment),
    handler: async ({ params }) => present(parts, await stored(parts, params.id)),
  });
  done();
};

/** What is done with a deployment that there is. */
export const deploymentActionRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, parts, done) => {
  const { operations } = parts;

  app.route({
    ...at(routes.cancelDeployment),
    handler: async ({ params: { id } }, reply) => {
      await stored(parts, id);
      await operations.cancelDeployment(id);
      reply.code(202);
      return present(parts, await stored(parts, id));
    },
  });

  app.route({
    ...at(routes.rollBackDeployment),
    handler: async (request, reply) => {
      const { params, asker } = request;
      const made = await once(parts, request, reply, {
        create: (key) => operations.rollBackDeployment(params.id, asker, key.request),
        again: ({ deploymentId = 0 }) => stored(parts, deploymentId),
      });
      return accept(parts, reply, made);
    },
  });
  done();
};
