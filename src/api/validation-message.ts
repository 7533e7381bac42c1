import type { FastifySchemaValidationError } from 'fastify';

interface Rule {
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly patternProperties?: object;
}

/** What the validator says; `parentSchema` is there because it runs with `verbose`. */
type Finding = FastifySchemaValidationError & { readonly parentSchema?: Rule };

const unionKeywords = new Set(['anyOf', 'oneOf']);
const wrongKind = new Set(['type', 'const', 'enum']);
const short = (name: unknown): string => String(name).slice(0, 60);

/** `/machines/names/0` as `machines.names[0]`. */
function label(instancePath: string): string {
  return instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part, at) => (/^\d+$/.test(part) ? `[${part}]` : `${at > 0 ? '.' : ''}${short(part)}`))
    .join('');
}

/**
 * Of what the branches of a union say, the one that the sender meant: the deepest, where it is alone. Undefined when
 * it cannot be told.
 */
function meant(findings: readonly Finding[], unionPath: string): Finding | undefined {
  const told = findings.filter(
    (finding) =>
      !unionKeywords.has(finding.keyword) &&
      !(finding.instancePath === unionPath && wrongKind.has(finding.keyword)),
  );
  const depth = (finding: Finding): number => finding.instancePath.split('/').length;
  const deepest = Math.max(...told.map(depth));
  const best = told.filter((finding) => depth(finding) === deepest);
  const unknownFields = best.filter((finding) => finding.keyword === 'additionalProperties');
  const candidates = unknownFields.length > 0 ? unknownFields : best;
  return candidates.length === 1 ? candidates[0] : undefined;
}

function mostTelling(findings: readonly Finding[]): Finding | undefined {
  // The outermost union stands last among those that failed.
  const union = findings.findLast((finding) => unionKeywords.has(finding.keyword));
  if (!union) return findings[0];
  return meant(findings, union.instancePath) ?? union;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

const sentences: Readonly<Record<string, (finding: Finding, where: string, inside: string) => string>> = {
  additionalProperties: ({ params, parentSchema }, where, inside) =>
    parentSchema?.patternProperties
      ? `${where} has a key that is not allowed: '${short(params.additionalProperty)}'`
      : `unknown field '${short(params.additionalProperty)}'${inside}`,
  required: ({ params }, _where, inside) =>
    `the field '${short(params.missingProperty)}' is missing${inside}`,
  pattern: ({ parentSchema, message }, where) =>
    `${where} ${parentSchema?.description ? `must be ${parentSchema.description}` : (message ?? 'is not valid')}`,
  type: ({ params }, where) => `${where} must be ${kinds[String(params['type'])] ?? 'of another type'}`,
  minProperties: (_finding, where) => `${where} must have at least one field`,
  enum: ({ parentSchema }, where) =>
    `${where} must be one of ${parentSchema?.enum?.join(', ') ?? 'a few values'}`,
  anyOf: ({ parentSchema }, where) => `${where} must be ${parentSchema?.description ?? 'of another form'}`,
  discriminator: ({ parentSchema }, where) =>
    `${where} must be ${parentSchema?.description ?? 'of a known type'}`,
};

const parts: Readonly<Record<string, string>> = {
  body: 'the body',
  querystring: 'the query',
  params: 'the path',
  headers: 'the headers',
};

/** One sentence that names the field at fault; never its value, which may be a password. */
export function validationMessage(errors: readonly FastifySchemaValidationError[], part: string): string {
  const finding = mostTelling(errors);
  const whole = parts[part] ?? 'the request';
  if (!finding) return `${whole} is not valid`;
  const where = finding.instancePath === '' ? whole : label(finding.instancePath);
  const inside = finding.instancePath === '' && part === 'body' ? '' : ` in ${where}`;
  const say = sentences[finding.keyword];
  return say
    ? say(finding, where, inside)
    : `${where} ${(finding.message ?? 'is not valid').replace('NOT', 'not')}`;
}
