import { AjvCompiler } from '@fastify/ajv-compiler';
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import type { FastifySchema, FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify';
import type { FastifyValidationResult } from 'fastify/types/schema.js';

/**
 * Fastify's own compilers, but the schemas of a route are compiled when it is first asked: most of them never are, and
 * compiling all of them is a good part of a start.
 */
const validators = AjvCompiler()(
  {},
  {
    // An unknown field is refused, not dropped; `verbose` lets messages quote the schema.
    customOptions: { removeAdditional: false, coerceTypes: false, discriminator: true, verbose: true },
  },
);
const serializers = SerializerSelector()({}, {});

export const lazyValidators: FastifySchemaCompiler<FastifySchema> = (route) => {
  let made: FastifyValidationResult | undefined;
  const validate: FastifyValidationResult = (data) => {
    made ??= validators(route);
    const result = made(data);
    validate.errors = made.errors ?? null;
    return result;
  };
  return validate;
};

export const lazySerializers: FastifySerializerCompiler<FastifySchema> = (route) => {
  let made: ((data: unknown) => string) | undefined;
  return (data) => {
    made ??= serializers({ ...route, httpStatus: route.httpStatus ?? '' });
    return made(data);
  };
};
