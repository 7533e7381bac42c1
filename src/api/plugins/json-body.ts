import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';

/** Takes application/json and nothing else. A body that is not there is `{}`: its schema says what is missing. */
export const jsonBody = fp((app, _options, done) => {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, next) => {
    if (body === '') next(null, undefined);
    else void parse(request, body, next);
  });
  app.addHook('preValidation', (request: FastifyRequest, _reply, next) => {
    if (request.body === undefined && request.routeOptions.schema?.body) request.body = {};
    next();
  });
  done();
});
