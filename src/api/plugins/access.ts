import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { routes } from '../../contract/routes.ts';
import { DomainError } from '../../domain/errors.ts';
import type { AccessToken, Role } from '../parts.ts';
import { sourceOf, WrongTries } from '../wrong-tries.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks: the name of the token, `local` where none is asked for. */
    asker: string;
  }
}

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const neededRole = (method: string): Role => (reading.has(method) ? 'view' : 'operate');

/**
 * Asks for one of the tokens on every route but /healthz, and for the role operate on every one that changes something.
 * Without tokens nobody is asked.
 */
export const access = fp<{ tokens: readonly AccessToken[] }>((app, { tokens }, done) => {
  app.decorateRequest('asker', 'local');
  if (tokens.length > 0) {
    const tries = new WrongTries(() => performance.now());
    const find = tokenFinder(tokens);
    app.addHook('onRequest', (request, reply, next) => next(refusal({ request, reply, find, tries })));
  }
  done();
});

type Find = (given: string) => AccessToken | undefined;

/** Digests are compared, and all of them: equal lengths, and no time tells of a prefix or of which token it is. */
function tokenFinder(tokens: readonly AccessToken[]): Find {
  const known = tokens.map((token) => ({ token, digest: Buffer.from(token.sha256, 'hex') }));
  return (given) => {
    const digest = createHash('sha256').update(given).digest();
    return known.filter((one) => timingSafeEqual(one.digest, digest))[0]?.token;
  };
}

/** Why the request is refused; undefined: it is not, and its asker is known. */
function refusal(given: {
  request: FastifyRequest;
  reply: FastifyReply;
  find: Find;
  tries: WrongTries;
}): DomainError | undefined {
  const { request, reply, find, tries } = given;
  if (request.routeOptions.url === routes.showHealth.path) return undefined;
  const [, word] = /^Bearer +(\S.*)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (word === undefined) return new DomainError('UNAUTHORIZED', 'the request carries no bearer token');
  const source = sourceOf(request.ip);
  const waitSeconds = tries.waitSeconds(source);
  if (waitSeconds > 0) {
    reply.header('retry-after', waitSeconds);
    return new DomainError('TOO_MANY_TRIES', `this address may try again in ${waitSeconds} s`);
  }
  const token = find(word.trim());
  if (!token) {
    tries.note(source);
    return new DomainError('UNAUTHORIZED', 'the bearer token is not one of this daemon');
  }
  request.asker = token.name;
  if (token.role === 'operate' || neededRole(request.method) === 'view') return undefined;
  return new DomainError(
    'FORBIDDEN_FOR_ROLE',
    `the token '${token.name}' has the role view: it changes nothing`,
  );
}
