import fp from 'fastify-plugin';
import { DomainError } from '../../domain/errors.ts';
import { isLoopback, parseHost } from '../host-name.ts';

/** Refuses a Host that is neither loopback nor configured, so that no foreign name can be pointed at this daemon. */
export const hostCheck = fp<{ hosts: readonly string[] }>((app, { hosts }, done) => {
  const known = hosts.map(parseHost).filter((host) => host !== undefined);
  app.addHook('onRequest', (request, _reply, next) => {
    const host = parseHost(request.headers.host);
    const allowed =
      host !== undefined &&
      (isLoopback(host.name) ||
        known.some(({ name, port }) => name === host.name && (port === '' || port === host.port)));
    next(allowed ? undefined : new DomainError('WRONG_HOST', 'the Host header names no host of this daemon'));
  });
  done();
});
