import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { routes } from '../../contract/routes.ts';
import type { ApiParts } from '../parts.ts';
import { presentFleetEvent } from '../presenters/event.ts';
import { at } from '../route-options.ts';

/** What happens in the fleet, told to everybody who listens. */
export const eventRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, { operations, hub }, done) => {
  const unsubscribe = operations.events.subscribe((event) => {
    const { name, data } = presentFleetEvent(event);
    hub.publish(name, data);
  });
  app.addHook('onClose', async () => unsubscribe());

  app.route({
    ...at(routes.followFleet),
    exposeHeadRoute: false,
    handler: async ({ headers }, reply) => {
      const lastEventId = headers['last-event-id'];
      hub.subscribe(hub.open(reply), typeof lastEventId === 'string' ? lastEventId : undefined);
      return reply;
    },
  });
  done();
};
