import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { renderErrors } from '../docs/generate-errors.ts';
import { errorTable } from '../src/domain/errors.ts';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** Paths of the tree that a page names in backticks; those with a wildcard or a placeholder are left out. */
function pathsIn(markdown: string): string[] {
  const words = [...markdown.matchAll(/`([^`\s]+)`/g)].map((match) => match[1] ?? '');
  return words.filter(
    (word) =>
      /^(src|test|docs|config|fixtures|deploy-scripts|bench|\.ci)\//.test(word) && !/[*<>{}…]/.test(word),
  );
}

describe('docs/errors.md', () => {
  test('is what `npm run docs:errors` writes', () => {
    expect(read('docs/errors.md')).toBe(renderErrors());
  });

  test('has a part for each code', () => {
    const headings = [...read('docs/errors.md').matchAll(/^## (\w+)$/gm)].map((match) => match[1]);
    expect(headings).toEqual(Object.keys(errorTable));
  });
});

describe.each([
  'docs/architecture.md',
  'docs/agent-protocol.md',
  'docs/glossary.md',
  'docs/install-agent.md',
  'README.md',
  'CONTRIBUTING.md',
])('%s', (page) => {
  test('names only files that exist', () => {
    const paths = pathsIn(read(page));
    expect(paths.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });

  test('has links that lead somewhere', () => {
    const base = new URL(page, root);
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]+)(#[^)]*)?\)/g)].map(
      (match) => match[1] ?? '',
    );
    expect(links.filter((link) => !existsSync(new URL(link, base)))).toEqual([]);
  });
});

test('the finder of paths sees a path', () => {
  expect(pathsIn('see `src/no-such.ts`, `npm test` and `src/*.ts`')).toEqual(['src/no-such.ts']);
});

test('every setting of config/default.yaml has a comment above it', () => {
  const lines = read('config/default.yaml').split('\n');
  const groups = /^(http|ftp|deploy|run|jobs|retention):$/;
  const settings = lines.flatMap((line, index) =>
    /^\s*[a-z][a-z0-9_]*:/.test(line) && !groups.test(line) ? [{ line, above: lines[index - 1] ?? '' }] : [],
  );
  expect(settings.length).toBeGreaterThan(20);
  expect(settings.filter(({ above }) => !/^\s*# \S/.test(above)).map(({ line }) => line)).toEqual([]);
});
