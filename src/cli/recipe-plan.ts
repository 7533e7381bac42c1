import { basename, resolve } from 'node:path';
import { matchRecipe, recipes, type Recipe } from '../contract/recipes.ts';
import type { BundlePlan } from './bundle-spec.ts';
import { UsageError } from './failures.ts';
import { facts } from './format.ts';
import { visibleLine } from './visible.ts';

const known = (): string => recipes.map(({ id }) => id).join(', ');

function findRecipe(id: string): Recipe {
  const recipe = recipes.find((one) => one.id === id);
  if (recipe) return recipe;
  throw new UsageError(`there is no recipe ${visibleLine(id)}; known are ${known()}`);
}

/** `PATH`, or `NAME=PATH` with the name on the machine. */
function readWord(word: string): { filename: string; source: string; as?: string } {
  const [, as, path] = /^([A-Z0-9_-]{1,8}(?:\.[A-Z0-9_-]{1,3})?)=(.+)$/.exec(word) ?? [];
  const source = resolve(path ?? word);
  return { filename: basename(source), source, ...(as === undefined ? {} : { as }) };
}

/** The bundle that a recipe makes of files. */
export function planByRecipe(id: string, words: readonly string[]): BundlePlan {
  const recipe = findRecipe(id);
  const match = matchRecipe(recipe, words.map(readWord));
  if (!match.ok) throw new UsageError(visibleLine(match.why));
  return {
    files: match.files.map(({ name, source }) => ({ name, path: source })),
    command: { exe: recipe.exe, args: [...recipe.args], keep: [...recipe.keep] },
    engine: recipe.engine,
  };
}

const optionOf = (recipe: Recipe): string =>
  recipe.args
    .flatMap((word) => (typeof word === 'string' ? [] : [`${word.name} (${word.flag ?? ''})`]))
    .join(', ');

/** All recipes with what they need, for a person. */
export const describeRecipes = (): string =>
  recipes
    .map((recipe) =>
      [
        `${recipe.id}: ${recipe.about}\n`,
        facts([
          ...recipe.files.map(({ name, about, optional }): [string, string] => [
            `  ${name}`,
            optional ? `${about} (optional)` : about,
          ]),
          ['  parameters', optionOf(recipe)],
          ['  output', recipe.engine],
        ]),
        ...recipe.notes.map((note) => `  ${note}\n`),
      ].join(''),
    )
    .join('\n') + '\nNext: fleet98 bundle create --recipe llama98 FILES…\n';
