import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { routes } from '../../contract/routes.ts';
import type { Machine } from '../../domain/machine.ts';
import { found } from '../found.ts';
import { presentMachineNow } from '../machine-now.ts';
import { pageRequest, presentPage } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { presentAgentUpdate } from '../presenters/agent-update.ts';
import { presentHistoryItem } from '../presenters/history.ts';
import { presentReport } from '../presenters/machine.ts';
import { presentPreflight } from '../presenters/preflight.ts';
import { at } from '../route-options.ts';

/** Asking a machine, and about it. */
export const machineActionRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, parts, done) => {
  const { store, operations } = parts;
  const present = (machine: Machine) => presentMachineNow(store, machine);

  app.route({
    ...at(routes.probeMachine),
    handler: async ({ params, body }) =>
      present(await operations.probeMachine(params.name, { adopt: body.adopt ?? false })),
  });

  app.route({
    ...at(routes.retireMachine),
    handler: async ({ params }) => present(await operations.retireMachine(params.name)),
  });

  app.route({
    ...at(routes.restoreMachine),
    handler: async ({ params }) => present(await operations.restoreMachine(params.name)),
  });

  app.route({
    ...at(routes.readMachineHistory),
    handler: async ({ params, query }) => {
      const machine = found(await store.machines.findByName(params.name), `machine '${params.name}'`);
      return presentPage(await store.history.list(machine.id, pageRequest(query)), presentHistoryItem);
    },
  });

  app.route({
    ...at(routes.holdMachine),
    handler: async ({ params, body }) => present(await operations.holdMachine(params.name, body.held)),
  });

  app.route({
    ...at(routes.updateAgent),
    handler: async (request) =>
      presentAgentUpdate(
        request.params.name,
        await operations.updateAgent(request.params.name, request.asker),
      ),
  });

  app.route({
    ...at(routes.explainMachine),
    handler: async ({ params }) => presentReport(await operations.explainMachine(params.name)),
  });

  app.route({
    ...at(routes.preflightMachine),
    handler: async ({ params, query }) => {
      const bundle = await operations.findBundleFor(query.bundle, { names: [params.name] });
      const findings = await operations.preflight(params.name, bundle);
      return presentPreflight(params.name, bundle, findings);
    },
  });
  done();
};
