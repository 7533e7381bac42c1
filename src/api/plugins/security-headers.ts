import type { FastifyReply } from 'fastify';
import fp from 'fastify-plugin';

const everywhere = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

/** Puts the headers that keep a browser from making more of an answer than it is. */
export function addSecurityHeaders(reply: FastifyReply): void {
  reply.headers(everywhere);
}

export const securityHeaders = fp((app, _options, done) => {
  app.addHook('onRequest', (_request, reply, next) => {
    addSecurityHeaders(reply);
    next();
  });
  done();
});
