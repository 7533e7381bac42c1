import type { FastifyError, FastifyRequest } from 'fastify';
import type { Problem } from '../contract/problem.ts';
import { asDomainError, DomainError, errorTable } from '../domain/errors.ts';
import { validationMessage } from './validation-message.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The one media type that this route's body may have; application/json without it. */
    mediaType?: string;
  }
}

const isFastifyError = (thrown: unknown): thrown is FastifyError =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string';

type Translate = (error: FastifyError, request: FastifyRequest) => DomainError;
const invalid =
  (detail: string): Translate =>
  (cause) =>
    new DomainError('INVALID_REQUEST', detail, { cause });

const uploadCut: Translate = (cause) =>
  new DomainError('UPLOAD_CUT', 'the connection ended before the body did', { cause });

/** What the HTTP framework may throw, by its own codes. */
const translations: Readonly<Record<string, Translate>> = {
  FST_ERR_VALIDATION: (error) =>
    new DomainError(
      'INVALID_REQUEST',
      validationMessage(error.validation ?? [], error.validationContext ?? ''),
    ),
  FST_ERR_CTP_INVALID_JSON_BODY: invalid('the body is not valid JSON'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: invalid('the body is not as long as Content-Length says'),
  FST_ERR_BAD_URL: invalid('the address has a percent sign that is not part of an encoded character'),
  FST_ERR_MAX_PARAM_LENGTH: invalid('the address is too long'),
  FST_ERR_CTP_BODY_TOO_LARGE: (cause, request) =>
    new DomainError('BODY_TOO_LARGE', `the body has more than ${request.routeOptions.bodyLimit ?? 0} bytes`, {
      cause,
    }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (cause, request) => {
    const wanted = request.routeOptions.config.mediaType ?? 'application/json';
    return new DomainError('UNSUPPORTED_MEDIA', `the body must be sent with Content-Type: ${wanted}`, {
      cause,
    });
  },
  ECONNRESET: uploadCut,
};

/** Any thrown value as a DomainError with a detail that may be shown. */
export function translate(thrown: unknown, request: FastifyRequest): DomainError {
  if (thrown instanceof DomainError || !isFastifyError(thrown)) return asDomainError(thrown);
  const known = translations[thrown.code]?.(thrown, request);
  if (known) return known;
  const status = thrown.statusCode ?? 500;
  if (status === 404)
    return new DomainError('NOT_FOUND', 'there is nothing at this address', { cause: thrown });
  if (status >= 400 && status < 500) return invalid('the request cannot be understood')(thrown, request);
  return asDomainError(thrown);
}

/** The answer for an error. A BUG says nothing of what went wrong: only the log does. */
export function presentProblem(error: DomainError, request: { id: string; url: string }): Problem {
  const { title, http, fault, hint } = errorTable[error.code];
  const [path = ''] = request.url.split('?');
  return {
    type: `urn:fleet98:error:${error.code}`,
    title,
    status: http,
    code: error.code,
    fault,
    detail:
      error.code === 'BUG'
        ? `something unexpected happened; the daemon’s log has it under ${request.id}`
        : error.message,
    hint,
    instance: path.slice(0, 500),
  };
}
