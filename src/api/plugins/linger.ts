import fp from 'fastify-plugin';

const lingerMs = 1000;

/**
 * Closes a connection whose request was answered before its body had come, a second later. Closing at once would
 * throw away the answer together with the unread bytes; reading a refused upload to its end would take hours.
 */
export const linger = fp((app, _options, done) => {
  app.addHook('onResponse', (request, _reply, next) => {
    const { raw } = request;
    if (!raw.complete && !raw.destroyed) {
      raw.resume();
      setTimeout(() => {
        if (!raw.complete) raw.destroy();
      }, lingerMs).unref();
    }
    next();
  });
  done();
});
