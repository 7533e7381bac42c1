import fp from 'fastify-plugin';
import { DomainError } from '../../domain/errors.ts';

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

/** Which of two values was meant cannot be told. */
function refuseTwice(query: unknown): void {
  for (const [name, value] of Object.entries(isRecord(query) ? query : {})) {
    if (Array.isArray(value))
      throw new DomainError('INVALID_REQUEST', `'${name.slice(0, 60)}' stands more than once in the query`);
  }
}

/** The validator itself converts nothing, so that a body's `"21"` is not taken for 21. */
export const queryTypes = fp((app, _options, done) => {
  app.addHook('preValidation', (request, _reply, next) => {
    const { schema } = request.routeOptions;
    refuseTwice(request.query);
    convert(schema?.params, request.params);
    convert(schema?.querystring, request.query);
    next();
  });
  done();
});
