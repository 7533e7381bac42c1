import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  findBadNames,
  findCycles,
  findForbiddenImports,
  findImports,
  packageOwners,
} from './support/import-rules.ts';

const src = new URL('../src/', import.meta.url);
const paths = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(fileURLToPath(src), join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
const files = paths
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => ({ path, text: readFileSync(new URL(path, src), 'utf8') }));

describe('the sources', () => {
  test('are found', () => {
    expect(files.map((file) => file.path)).toContain('domain/errors.ts');
  });

  test('import only what the table allows', () => {
    expect(findForbiddenImports(files)).toEqual([]);
  });

  test('have no import cycle', () => {
    expect(findCycles(files)).toEqual([]);
  });

  test('have kebab-case names, and 8.3 names below src/agent', () => {
    expect(findBadNames(paths)).toEqual([]);
  });

  test('import relative files by their full name', () => {
    const known = new Set(files.map((file) => file.path));
    const missing = files.flatMap((file) =>
      findImports(file.text)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) =>
          new URL(specifier, new URL(file.path, src)).pathname.slice(src.pathname.length),
        )
        .filter((target) => !known.has(target))
        .map((target) => `${file.path} -> ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test('import only packages that package.json names', () => {
    const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    const named = JSON.stringify(manifest);
    const imported = files
      .flatMap((file) => findImports(file.text).map(({ specifier }) => specifier))
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .map((specifier) =>
        specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/'),
      );
    expect([...new Set(imported)].filter((name) => !named.includes(`"${name}":`))).toEqual([]);
  });
});

describe('the import finder', () => {
  test.each([
    ["import a from './a.ts'", 'static'],
    ["import './a.ts'", 'static'],
    ["import type { A } from './a.ts'", 'static'],
    ["import { type A } from './a.ts'", 'static'],
    ["export * from './a.ts'", 'static'],
    ["export { a } from './a.ts'", 'static'],
    ["export type { A } from './a.ts'", 'static'],
    ["type A = import('./a.ts').A", 'static'],
    ["import a = require('./a.ts')", 'static'],
    ["const a = await import('./a.ts')", 'dynamic'],
    ["function f(): void { if (x) void import('./a.ts') }", 'dynamic'],
    ["const a = createRequire(url); const require = a; require('./a.ts')", 'dynamic'],
    ["process.getBuiltinModule('./a.ts')", 'dynamic'],
  ])('%s is %s', (text, kind) => {
    expect(findImports(text)).toEqual([{ specifier: './a.ts', kind }]);
  });

  test('is not led astray by strings and comments', () => {
    expect(
      findImports(
        "// import './a.ts'\nconst text = \"import './b.ts'\"; export const a: number = this.#require(id);",
      ),
    ).toEqual([]);
  });
});

describe('the checker', () => {
  test.each([
    ['domain/a.ts', "import type { B } from '../lib/b.ts'", 'domain may not import it'],
    ['domain/a.ts', "import { readFile } from 'node:fs'", 'imports nothing of Node'],
    ['contract/a.ts', "import { join } from 'node:path'", 'imports nothing of Node'],
    ['dashboard/a.ts', "import { a } from '../api/app.ts'", 'dashboard may not import it'],
    ['spool/a.ts', "export * from '../store/b.ts'", 'spool may not import it'],
    ['ftp/a.ts', "import type { Run } from '../domain/run.ts'", 'ftp may not import it'],
    ['simulator/a.ts', "import { encodeJob } from '../spool/job-file.ts'", 'simulator may not import it'],
    ['operations/a.ts', "import { p } from '../transports/push.ts'", 'operations may not import it'],
    ['cli/commands/a.ts', "import { serve } from '../../server.ts'", 'may be loaded by import() only'],
    [
      'cli/commands/a.ts',
      "import type { S } from '../../simulator/main.ts'",
      'may be loaded by import() only',
    ],
    ['cli/commands/a.ts', "await import('../../operations/run.ts')", 'cli may not import it'],
    ['api/a.ts', "import { parse } from 'yaml'", 'belongs to config.ts'],
    ['api/a.ts', "import { DatabaseSync } from 'node:sqlite'", 'belongs to store'],
    ['store/a.ts', "process.getBuiltinModule('node:http2x')", 'without an owner'],
    ['lib/a.ts', "import leftPad from 'left-pad'", 'without an owner'],
    ['lib/a.ts', "import fs from 'fs'", 'without an owner'],
    ['operations/a.ts', "import x from '@fastify/swagger'", 'belongs to api'],
    ['lib/a.ts', "import data from '../../package.json'", 'leaves src'],
    ['lib/a.ts', 'await import(name)', 'is not a literal'],
    ['misc/a.ts', 'export const a = 1', 'not in the table'],
  ])('sees that %s has %s', (path, text, reason) => {
    const found = findForbiddenImports([{ path, text }]);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(reason);
  });

  test.each([
    ['lib/a.ts', "import PQueue from 'p-queue'; import fs from 'node:fs/promises'"],
    ['operations/a.ts', "import type { Link } from '../transports/transport.ts'"],
    [
      'ftp/client/a.ts',
      "import { DomainError } from '../../domain/errors.ts'; import { Client } from 'basic-ftp'",
    ],
    ['cli/commands/a.ts', "await import('../../server.ts'); await import('../../simulator/main.ts')"],
    ['api/a.ts', "import type { X } from '@fastify/type-provider-typebox'; import Fastify from 'fastify'"],
    ['contract/a.ts', "import { Compile } from 'typebox/compile'"],
    ['context.ts', "import { a } from './api/app.ts'; import pino from 'pino'"],
  ])('lets %s have %s', (path, text) => {
    expect(findForbiddenImports([{ path, text }])).toEqual([]);
  });

  test('sees cycles, also through types and over three files', () => {
    const ring = [
      { path: 'a/one.ts', text: "import type { T } from './two.ts'" },
      { path: 'a/two.ts', text: "export * from '../b/three.ts'" },
      { path: 'b/three.ts', text: "import { o } from '../a/one.ts'" },
    ];
    expect(findCycles(ring)).toEqual([['a/one.ts', 'a/two.ts', 'b/three.ts', 'a/one.ts']]);
    expect(findCycles(ring.slice(0, 2))).toEqual([]);
  });

  test('sees bad names', () => {
    const good = [
      'lib/atomic-file.ts',
      'store/migrations/0001-first.ts',
      'agent/port_w32.c',
      'agent/make/gcc.mak',
    ];
    const bad = [
      'lib/atomicFile.ts',
      'lib/Clock.ts',
      'engines/_a.ts',
      'agent/runlogfile.c',
      'agent/make/gcc.make',
    ];
    expect(findBadNames([...good, ...bad])).toEqual(bad);
  });

  test('names no package twice under two spellings', () => {
    const names = Object.keys(packageOwners);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
  });
});
