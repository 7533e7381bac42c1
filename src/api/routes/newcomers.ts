import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { newMachineDefaults } from '../../contract/machines.ts';
import { routes } from '../../contract/routes.ts';
import { isoTime } from '../presenters/time.ts';
import type { Newcomer } from '../../domain/newcomer.ts';
import { defined } from '../defined.ts';
import { presentMachineNow } from '../machine-now.ts';
import type { ApiParts } from '../parts.ts';
import { presentAgent } from '../presenters/machine.ts';
import { at } from '../route-options.ts';

const present = ({ code, address, name, agent, sinceMs, seenMs }: Newcomer) => ({
  code,
  address,
  name,
  agent: presentAgent(agent),
  since: isoTime(sinceMs),
  seen: isoTime(seenMs),
});

/** Machines that want to join, and others that are found. */
export const newcomerRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, { store, operations }, done) => {
  app.route({
    ...at(routes.listWaiting),
    handler: async () => ({ items: (await operations.newcomers()).map(present) }),
  });

  app.route({
    ...at(routes.approveMachine),
    handler: async ({ params, body: { code, again = false } }) =>
      presentMachineNow(store, await operations.approve(params.name, { code, again })),
  });
  app.route({
    ...at(routes.scan),
    handler: async ({ body: { network, port = newMachineDefaults.port } }) => ({
      items: await operations.scan(defined({ network, port })),
    }),
  });
  done();
};
