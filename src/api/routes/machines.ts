import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { newMachineDefaults } from '../../contract/machines.ts';
import { routes } from '../../contract/routes.ts';
import type { Machine } from '../../domain/machine.ts';
import { defined } from '../defined.ts';
import { filterIds, filterTimes } from '../filters.ts';
import { found } from '../found.ts';
import { presentMachineNow } from '../machine-now.ts';
import { pageRequest, presentPage } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { presentMachine } from '../presenters/machine.ts';
import { at } from '../route-options.ts';

const parseLabel = (label: string): { key: string; value: string } => {
  const equals = label.indexOf('=');
  return { key: label.slice(0, equals), value: label.slice(equals + 1) };
};

/** Registering, showing and changing machines. */
export const machineRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, parts, done) => {
  const { store, operations } = parts;
  const present = (machine: Machine) => presentMachineNow(store, machine);

  app.route({
    ...at(routes.registerMachine),
    handler: async ({ body }, reply) => {
      const machine = await operations.registerMachine({ ...newMachineDefaults, labels: {}, ...body });
      reply.code(201).header('location', `${routes.listMachines.path}/${machine.name}`);
      return present(machine);
    },
  });

  app.route({
    ...at(routes.listMachines),
    handler: async ({ query }) => {
      const { state, health, platform, label, bundle } = query;
      const page = await store.machines.list({
        ...pageRequest(query),
        ...filterTimes(query),
        ...(await filterIds(parts, defined({ bundle }))),
        ...defined({ state, health, platform, label: label === undefined ? undefined : parseLabel(label) }),
      });
      const lanes = new Map((await store.lanes.all()).map((lane) => [lane.machineId, lane]));
      const absences = new Map((await store.absences.all()).map((one) => [one.machineId, one]));
      return presentPage(page, (machine) =>
        presentMachine(machine, { lane: lanes.get(machine.id), absence: absences.get(machine.id) }),
      );
    },
  });

  app.route({
    ...at(routes.showMachine),
    handler: async ({ params }) =>
      present(found(await store.machines.findByName(params.name), `machine '${params.name}'`)),
  });

  app.route({
    ...at(routes.changeMachine),
    handler: async ({ params, body }) => present(await operations.changeMachine(params.name, body)),
  });

  app.route({
    ...at(routes.removeMachine),
    handler: async ({ params }, reply) => {
      await operations.removeMachine(params.name);
      reply.code(204);
      return null;
    },
  });
  done();
};
