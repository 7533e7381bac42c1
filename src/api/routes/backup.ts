import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { fileMediaType } from '../../contract/artifacts.ts';
import { routes } from '../../contract/routes.ts';
import { asDownload } from '../download.ts';
import type { ApiParts } from '../parts.ts';
import { takeRawBody } from '../raw-body.ts';
import { at } from '../route-options.ts';
import { uploadBytes } from '../upload.ts';

/** The disk is the only limit of a backup. */
const maxBytes = Number.MAX_SAFE_INTEGER;

export const backupRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, { operations }, done) => {
  app.route({
    ...at(routes.backup),
    handler: async ({ log }, reply) => {
      const tar = await operations.backup();
      // The headers are gone by then: only the log can tell why.
      tar.once('error', (error) => log.error({ err: error }, 'a backup broke off'));
      return asDownload(reply, 'application/x-tar', 'fleet98-backup.tar').send(tar);
    },
  });
  done();
};

/** A scope of its own, because its body is raw bytes. */
export const restoreRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, parts, done) => {
  const { config, operations, restart } = parts;
  takeRawBody(app, maxBytes);
  app.route({
    ...at(routes.restore),
    config: { mediaType: fileMediaType },
    handler: async ({ raw }, reply) => {
      await operations.stageRestore(uploadBytes(raw, { maxBytes, stallMs: config.uploadStallMs }));
      // The new state is taken up when the daemon starts anew; the answer must be out before that. Who sent the backup
      // may be gone already.
      if (reply.raw.destroyed) restart();
      else reply.raw.once('close', restart);
      reply.code(202);
      return { restarting: true };
    },
  });
  done();
};
