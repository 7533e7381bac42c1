import fp from 'fastify-plugin';

const canonicalInteger = /^-?[0-9]{1,15}$/;

/** Turns digits into integers where the schema wants one. Everything in a path or a query comes as text. */
function convert(schema: unknown, values: unknown): void {
  if (!isRecord(schema) || !isRecord(schema['properties']) || !isRecord(values)) return;
  for (const [name, property] of Object.entries(schema['properties'])) {
    const value = values[name];
    if (!isRecord(property) || property['type'] !== 'integer' || typeof value !== 'string') continue;
    if (canonicalInteger.test(value)) values[name] = Number(value);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** The validator itself converts nothing, so that a body's `"21"` is not taken for 21. */
export const queryTypes = fp((app, _options, done) => {
  app.addHook('preValidation', (request, _reply, next) => {
    const { schema } = request.routeOptions;
    convert(schema?.params, request.params);
    convert(schema?.querystring, request.query);
    next();
  });
  done();
});
