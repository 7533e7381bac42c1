import fp from 'fastify-plugin';
import { DomainError } from '../../domain/errors.ts';
import { isSameHost, parseHost } from '../host-name.ts';

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Refuses a change that a page of another site asks for. Reading is safe without: no answer has a CORS header. */
export const originCheck = fp((app, _options, done) => {
  app.addHook('onRequest', (request, _reply, next) => {
    const { origin } = request.headers;
    const host = parseHost(request.headers.host);
    const foreign =
      origin !== undefined && !reading.has(request.method) && !(host && isSameHost(origin, host));
    next(foreign ? new DomainError('FOREIGN_ORIGIN', 'the Origin header names another site') : undefined);
  });
  done();
});
