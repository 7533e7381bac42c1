import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { parseAst } from 'vitest/node';

/** A source text by its path relative to `src`, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface ImportReference {
  readonly specifier: string;
  /** `dynamic` is loaded when the line runs; everything else, type-only imports too, is `static`. */
  readonly kind: 'static' | 'dynamic';
}

interface FolderRule {
  /** Folders, or single files, of `src` that files of this folder may import. */
  readonly may: readonly string[] | 'everything';
  /** The same, but by `import()` only. */
  readonly mayLoad?: readonly string[];
  /** Whether modules of Node may be imported. */
  readonly node: boolean;
}

const everything: FolderRule = { may: 'everything', node: true };

/** Who may import whom. The files at the top of `src` stand beside the folders. */
export const folderRules: Readonly<Record<string, FolderRule>> = {
  domain: { may: [], node: false },
  lib: { may: [], node: true },
  contract: { may: ['domain'], node: false },
  platforms: { may: ['domain', 'lib'], node: true },
  engines: { may: ['domain', 'lib'], node: true },
  spool: { may: ['domain', 'lib'], node: true },
  doctor: { may: ['domain', 'lib', 'platforms'], node: true },
  ftp: { may: ['domain/errors.ts', 'lib'], node: true },
  door: { may: ['domain/visit-script.ts', 'lib', 'ftp'], node: true },
  transports: { may: ['domain', 'lib', 'ftp', 'platforms'], node: true },
  store: { may: ['domain', 'lib'], node: true },
  operations: {
    may: ['domain', 'lib', 'platforms', 'engines', 'doctor', 'spool', 'store', 'transports/transport.ts'],
    node: true,
  },
  api: { may: ['operations', 'store', 'contract', 'domain', 'lib'], node: true },
  dashboard: { may: ['contract'], node: false },
  cli: { may: ['contract'], mayLoad: ['server.ts', 'simulator', 'doctor'], node: true },
  simulator: { may: ['domain', 'lib', 'platforms'], node: true },
  'config.ts': everything,
  'metrics.ts': {
    may: ['api/parts.ts', 'domain', 'operations/event-bus.ts', 'store/open-store.ts'],
    node: true,
  },
  'context.ts': everything,
  'lan-door.ts': everything,
  'server.ts': everything,
};

const entries = ['config.ts', 'context.ts', 'lan-door.ts', 'server.ts'];

/** Where each package may be imported. One that is not here is forbidden. A name ending in `/` covers a scope. */
export const packageOwners: Readonly<Record<string, readonly string[]>> = {
  'p-retry': ['lib'],
  'p-queue': ['lib'],
  typebox: ['contract', 'config.ts', 'api'],
  'iced-x86': ['doctor'],
  'basic-ftp': ['ftp'],
  'iconv-lite': ['ftp'],
  kysely: ['store'],
  libsql: ['store'],
  'tar-stream': ['store'],
  'node:sqlite': ['store'],
  croner: ['operations'],
  fastify: ['api'],
  'fastify-plugin': ['api'],
  '@fastify/': ['api'],
  preact: ['dashboard'],
  uplot: ['dashboard'],
  commander: ['cli'],
  fflate: ['cli'],
  'ftp-srv': ['simulator'],
  'simple-statistics': ['operations'],
  'csv-stringify': ['api', 'cli'],
  'csv-parse': ['cli'],
  yaml: [...entries, 'cli'],
  pino: entries,
  'prom-client': ['metrics.ts'],
  'close-with-grace': entries,
};

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

function literal(value: unknown): string {
  return isNode(value) && typeof value['value'] === 'string' ? value['value'] : '';
}

/** `require('x')` or `process.getBuiltinModule('x')`: imports in the clothes of a call. */
function calledModule(node: Node): string | undefined {
  const { callee, arguments: args } = node;
  if (!isNode(callee) || !Array.isArray(args)) return undefined;
  const isRequire = callee['type'] === 'Identifier' && callee['name'] === 'require';
  const isBuiltinCall = isNode(callee['property']) && callee['property']['name'] === 'getBuiltinModule';
  return isRequire || isBuiltinCall ? literal(args[0]) : undefined;
}

function importOf(node: Node): ImportReference | undefined {
  switch (node['type']) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'TSImportType':
      return { specifier: literal(node['source']), kind: 'static' };
    case 'ExportNamedDeclaration':
      return node['source'] ? { specifier: literal(node['source']), kind: 'static' } : undefined;
    case 'TSExternalModuleReference':
      return { specifier: literal(node['expression']), kind: 'static' };
    case 'ImportExpression':
      return { specifier: literal(node['source']), kind: 'dynamic' };
    case 'CallExpression': {
      const specifier = calledModule(node);
      return specifier === undefined ? undefined : { specifier, kind: 'dynamic' };
    }
    default:
      return undefined;
  }
}

/** Every import of a TypeScript source. A specifier that is not a literal comes out as an empty string. */
export function findImports(text: string): ImportReference[] {
  const found: ImportReference[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
    } else if (isNode(value)) {
      const reference = importOf(value);
      if (reference) found.push(reference);
      for (const child of Object.values(value)) visit(child);
    }
  };
  visit(parseAst(text, { lang: 'ts' }).body);
  return found;
}

/** The folder that decides for a path: its first part, or the file itself at the top of `src`. */
const unitOf = (path: string): string => path.split('/')[0] ?? path;

const isInside = (path: string, scopes: readonly string[]): boolean =>
  scopes.some((scope) => path === scope || path.startsWith(`${scope}/`));

function ownersOf(specifier: string): readonly string[] | undefined {
  const [first = '', second = ''] = specifier.split('/');
  const name = first.startsWith('@') ? `${first}/${second}` : first;
  return packageOwners[name] ?? packageOwners[`${first}/`];
}

function checkPackage(unit: string, specifier: string, rule: FolderRule): string | undefined {
  const owners = ownersOf(specifier);
  if (owners) return owners.includes(unit) ? undefined : `belongs to ${owners.join(', ')}`;
  if (!specifier.startsWith('node:') || !isBuiltin(specifier)) return 'is a package without an owner';
  return rule.node ? undefined : `${unit} imports nothing of Node`;
}

function checkFile(from: string, reference: ImportReference, rule: FolderRule): string | undefined {
  const unit = unitOf(from);
  const target = posix.join(posix.dirname(from), reference.specifier);
  if (target.startsWith('..')) return 'leaves src';
  if (unitOf(target) === unit || rule.may === 'everything' || isInside(target, rule.may)) return undefined;
  if (!isInside(target, rule.mayLoad ?? [])) return `${unit} may not import it`;
  return reference.kind === 'dynamic' ? undefined : 'may be loaded by import() only';
}

/** What breaks the table, one line each: `from -> specifier: reason`. */
export function findForbiddenImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const unit = unitOf(file.path);
    const rule = folderRules[unit];
    if (!rule) return [`${file.path}: ${unit} is not in the table`];
    return findImports(file.text).flatMap((reference) => {
      const { specifier } = reference;
      const reason = specifier.startsWith('.')
        ? checkFile(file.path, reference, rule)
        : specifier === ''
          ? 'is not a literal'
          : checkPackage(unit, specifier, rule);
      return reason ? [`${file.path} -> ${specifier}: ${reason}`] : [];
    });
  });
}

/** Cycles among the files, as the paths along them; at least one of every knot. Type-only imports count. */
export function findCycles(files: readonly SourceFile[]): string[][] {
  const edges = new Map(
    files.map((file) => [
      file.path,
      findImports(file.text)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => posix.join(posix.dirname(file.path), specifier)),
    ]),
  );
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
}

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
// The agent's sources may have to be built on the old machine itself.
const eightDotThree = /^[A-Z0-9_-]{1,8}(\.[A-Z0-9_-]{1,3})?$/i;

/** Paths (relative to `src`) with a part that is not kebab-case, or not 8.3 below `agent`. */
export function findBadNames(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const pattern = path.startsWith('agent/') ? eightDotThree : kebabCase;
    return !path.split('/').every((part) => pattern.test(part));
  });
}
