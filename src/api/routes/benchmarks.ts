import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { defaultRepetitions, defaultWarmUps } from '../../contract/benchmarks.ts';
import type { BenchmarkRequest } from '../../contract/benchmarks.ts';
import { fillPath } from '../../contract/paths.ts';
import { routes } from '../../contract/routes.ts';
import { defined } from '../defined.ts';
import { filterIds, filterTimes } from '../filters.ts';
import { once } from '../once.ts';
import { pageRequest } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { presentBenchmark, presentBenchmarkSummary } from '../presenters/benchmark.ts';
import { at } from '../route-options.ts';

/** What is asked for, with what goes without saying. */
const planOf = (body: BenchmarkRequest) => ({
  ...body,
  parameters: body.parameters ?? {},
  limits: body.limits ?? {},
  repetitions: body.repetitions ?? defaultRepetitions,
  warmUps: body.warmUps ?? defaultWarmUps,
  deploy: body.deploy === true,
});

export const benchmarkRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, parts, done) => {
  const { store, operations } = parts;
  const show = async (id: number) => presentBenchmark(await operations.reportBenchmark(id));

  app.route({
    ...at(routes.createBenchmark),
    handler: async (request, reply) => {
      const { body, asker } = request;
      const asked = { ...planOf(body), requestedBy: asker };
      const id = await once(parts, request, reply, {
        create: async (key) => (await operations.createBenchmark({ ...asked, ...key })).id,
        again: async ({ benchmarkId = 0 }) => benchmarkId,
      });
      reply.code(202).header('location', fillPath(routes.showBenchmark.path, { id }));
      return show(id);
    },
  });

  app.route({
    ...at(routes.listBenchmarks),
    handler: async ({ query }) => {
      const { items, next } = await store.benchmarks.list({
        ...pageRequest(query),
        ...(await filterIds(parts, query)),
        ...filterTimes(query),
      });
      const counts = await store.benchmarks.counts(items.map(({ id }) => id));
      const summaries = items.map((benchmark) =>
        presentBenchmarkSummary(
          benchmark,
          counts.filter(({ benchmarkId }) => benchmarkId === benchmark.id),
        ),
      );
      return defined({ items: summaries, next });
    },
  });

  app.route({
    ...at(routes.showBenchmark),
    handler: async ({ params }) => show(params.id),
  });

  app.route({
    ...at(routes.cancelBenchmark),
    handler: async ({ params: { id } }, reply) => {
      await operations.cancelBenchmark(id);
      reply.code(202);
      return show(id);
    },
  });

  done();
};
