import type { FastifyInstance } from 'fastify';
import { fileMediaType } from '../contract/artifacts.ts';
import { expectedBytes } from './upload.ts';

/**
 * Makes the routes of a scope take raw bytes, which stay in the socket until the handler reads them. What says that it
 * is longer than `maxBytes` is refused before a byte is read.
 */
export function takeRawBody(app: FastifyInstance, maxBytes: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([fileMediaType], (_request, _payload, next) => next(null, undefined));
  // A body without a type is what `curl -T` sends.
  app.addHook('preParsing', (request, _reply, _payload, next) => {
    request.headers['content-type'] ??= fileMediaType;
    next();
  });
  app.addHook('onRequest', (request, _reply, next) => {
    expectedBytes(request.raw, maxBytes);
    next();
  });
}
