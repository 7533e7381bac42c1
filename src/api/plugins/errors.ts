import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { problemMediaType } from '../../contract/problem.ts';
import { DomainError } from '../../domain/errors.ts';
import { allowedMethods } from '../allowed-methods.ts';
import { presentProblem, translate } from '../problem.ts';

/** Answers with the problem of whatever was thrown; what is our own fault is logged with its cause. */
export function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = translate(thrown, request);
  if (error.fault === 'us') request.log.error({ err: error.cause ?? error, code: error.code }, error.message);
  // Whoever sent the file is gone: only the log can tell.
  else if (error.code === 'UPLOAD_CUT')
    request.log.warn({ code: error.code, file: request.params }, error.message);
  else request.log.debug({ code: error.code, detail: error.message }, 'request refused');
  const problem = presentProblem(error, request);
  if (error.code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer');
  // The connection may be closed a little later only: see plugins/linger.ts.
  reply.removeHeader('connection').code(problem.status).type(problemMediaType).send(problem);
}

export const errors = fp((app, _options, done) => {
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => {
    const allowed = allowedMethods(request.url, (route) => app.hasRoute(route)).join(', ');
    if (allowed === '') throw new DomainError('NOT_FOUND', 'there is nothing at this address');
    reply.header('allow', allowed);
    throw new DomainError('METHOD_NOT_ALLOWED', `this address takes ${allowed}`);
  });
  done();
});
