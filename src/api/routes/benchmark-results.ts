import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { ResultFormat } from '../../contract/benchmarks.ts';
import { routes } from '../../contract/routes.ts';
import type { BenchmarkReport } from '../../operations/benchmark-report.ts';
import { asDownload } from '../download.ts';
import type { ApiParts } from '../parts.ts';
import { markdown } from '../presenters/benchmark-page.ts';
import { csv, jsonLines, presentResults } from '../presenters/benchmark-results.ts';
import { presentBenchmark } from '../presenters/benchmark.ts';
import { at } from '../route-options.ts';

/** The formats that are files to save: media type and content. */
const files: Readonly<
  Record<
    Exclude<ResultFormat, 'json'>,
    { readonly type: string; readonly write: (report: BenchmarkReport) => string }
  >
> = {
  jsonl: { type: 'application/jsonl', write: (report) => jsonLines(presentResults(report)) },
  csv: { type: 'text/csv', write: (report) => csv(presentResults(report)) },
  md: { type: 'text/markdown', write: (report) => markdown(presentBenchmark(report)) },
};

export const benchmarkResultRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, { operations }, done) => {
  app.route({
    ...at(routes.readBenchmarkResults),
    handler: async ({ params: { id }, query: { format = 'json' } }, reply) => {
      const report = await operations.reportBenchmark(id);
      if (format === 'json') return presentResults(report);
      const { type, write } = files[format];
      return asDownload(reply, `${type}; charset=utf-8`, `benchmark-${id}.${format}`).send(write(report));
    },
  });
  done();
};
