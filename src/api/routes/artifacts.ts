import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { fileMediaType } from '../../contract/artifacts.ts';
import { routes } from '../../contract/routes.ts';
import { asDownload } from '../download.ts';
import { defined } from '../defined.ts';
import { found } from '../found.ts';
import { pageRequest, presentPage } from '../page.ts';
import type { ApiParts } from '../parts.ts';
import { presentArtifact } from '../presenters/artifact.ts';
import { takeRawBody } from '../raw-body.ts';
import { at } from '../route-options.ts';
import { expectedBytes, uploadBytes } from '../upload.ts';

/** Uploading: a scope of its own, because here and nowhere else the body is raw bytes. */
export const uploadRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, { config, operations }, done) => {
  takeRawBody(app, config.maxArtifactBytes);
  app.route({
    ...at(routes.putArtifact),
    config: { mediaType: fileMediaType },
    handler: async ({ params, raw }, reply) => {
      const { artifact, created } = await operations.receiveArtifact(
        params.filename,
        uploadBytes(raw, { maxBytes: config.maxArtifactBytes, stallMs: config.uploadStallMs }),
        expectedBytes(raw, config.maxArtifactBytes),
      );
      reply.code(created ? 201 : 200);
      return presentArtifact(artifact);
    },
  });
  done();
};

export const artifactRoutes: FastifyPluginCallbackTypebox<ApiParts> = (app, { store }, done) => {
  app.route({
    ...at(routes.listArtifacts),
    handler: async ({ query }) => {
      const page = await store.artifacts.list({ ...pageRequest(query), ...defined({ kind: query.kind }) });
      return presentPage(page, presentArtifact);
    },
  });

  app.route({
    ...at(routes.readArtifact),
    handler: async ({ params: { sha256 } }, reply) => {
      const artifact = found(await store.artifacts.get(sha256), `artifact ${sha256}`);
      asDownload(reply, fileMediaType, artifact.filename).header('content-length', artifact.sizeBytes);
      return reply.send(store.artifactFiles.open(sha256));
    },
  });
  done();
};
