import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { fileMediaType } from '../../contract/artifacts.ts';
import { routes } from '../../contract/routes.ts';
import type { ReadyProgram } from '../../domain/ready-program.ts';
import { asDownload } from '../download.ts';
import type { ApiParts } from '../parts.ts';
import { at } from '../route-options.ts';

const present = ({ imports, ...program }: ReadyProgram) => ({
  ...program,
  ...(imports && { imports: [...imports] }),
});

/** The programs that come with the daemon, for whoever sets up an old machine. */
export const agentRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, { operations }, done) => {
  app.route({
    ...at(routes.listAgents),
    handler: async () => ({ items: (await operations.readyPrograms()).map(present) }),
  });

  app.route({
    ...at(routes.readAgent),
    handler: async ({ params: { platform, file } }, reply) => {
      const bytes = await operations.readReadyProgram(platform, file);
      asDownload(reply, fileMediaType, file).header('content-length', bytes.length);
      return reply.send(bytes);
    },
  });
  done();
};
