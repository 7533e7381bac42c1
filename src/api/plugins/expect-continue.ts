import fp from 'fastify-plugin';

/** Asks for the body of a request with `Expect: 100-continue` only when every check on its headers has passed. */
export const expectContinue = fp((app, _options, done) => {
  app.server.on('checkContinue', (request, response) => app.routing(request, response));
  app.addHook('preParsing', (request, reply, _payload, next) => {
    if (request.headers.expect?.toLowerCase() === '100-continue') reply.raw.writeContinue();
    next();
  });
  done();
});
