import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { problemMediaType } from '../../contract/problem.ts';
import { DomainError } from '../../domain/errors.ts';
import { presentProblem, translate } from '../problem.ts';

/** Answers with the problem of whatever was thrown; what is our own fault is logged with its cause. */
export function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = translate(thrown, request);
  if (error.fault === 'us') request.log.error({ err: error.cause ?? error, code: error.code }, error.message);
  else request.log.debug({ code: error.code, detail: error.message }, 'request refused');
  const problem = presentProblem(error, request);
  if (error.code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer');
  // The connection may be closed a little later only: see plugins/linger.ts.
  reply.removeHeader('connection').code(problem.status).type(problemMediaType).send(problem);
}

export const errors = fp((app, _options, done) => {
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => {
    sendProblem(new DomainError('NOT_FOUND', 'there is nothing at this address'), request, reply);
  });
  done();
});
