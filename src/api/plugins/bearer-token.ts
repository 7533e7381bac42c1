import { createHash, timingSafeEqual } from 'node:crypto';
import fp from 'fastify-plugin';
import { routes } from '../../contract/routes.ts';
import { DomainError } from '../../domain/errors.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Asks for the token on every route but /healthz. Digests are compared: equal lengths, and no time tells of a prefix. */
export const bearerToken = fp<{ token: string }>((app, { token }, done) => {
  const wanted = digest(token);
  app.addHook('onRequest', (request, _reply, next) => {
    const [, given = ''] = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const allowed =
      timingSafeEqual(digest(given.trim()), wanted) || request.routeOptions.url === routes.showHealth.path;
    next(allowed ? undefined : new DomainError('UNAUTHORIZED', 'the request carries no valid bearer token'));
  });
  done();
});
