import fp from 'fastify-plugin';
import type { ApiMetrics } from '../parts.ts';

/** Counts every answer by its route's pattern, never by its address: there are as many figures as routes. */
export const countRequests = fp<{ metrics: ApiMetrics }>((app, { metrics }, done) => {
  app.addHook('onResponse', (request, reply, next) => {
    // How long somebody listened to events is not how long an answer took.
    const isStream = String(reply.raw.getHeader('content-type')).startsWith('text/event-stream');
    if (!isStream) {
      metrics.requestAnswered({
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        tookMs: reply.elapsedTime,
      });
    }
    next();
  });
  done();
});
