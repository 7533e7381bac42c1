import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkCommand, buildArguments } from '../../src/domain/command-line.ts';
import { checkBundleFileName } from '../../src/domain/file-names.ts';
import { matchRecipe, recipes } from '../../src/domain/recipes.ts';
import { engineIds } from '../../src/engines/index.ts';
import {
  generateCheckpoint,
  generateTokenizer,
  greedyText,
  writeModel,
} from '../../fixtures/checkpoints/generate.mjs';

const engine = join(import.meta.dirname, '../../fixtures/engine/llama2c.mjs');
const folder = mkdtempSync(join(tmpdir(), 'fleet98-recipes-'));
let model: ReturnType<typeof writeModel>;
beforeAll(() => {
  model = writeModel(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const recipeOf = (id: string) => {
  const recipe = recipes.find((one) => one.id === id);
  if (!recipe) throw new Error(`there is no recipe ${id}`);
  return recipe;
};
const given = (...paths: string[]) =>
  paths.map((path) => ({ filename: path.slice(path.lastIndexOf('/') + 1), source: path }));

describe.each(recipes.map((recipe) => [recipe.id, recipe] as const))('the recipe %s', (_, recipe) => {
  test('makes a bundle that the daemon takes: names, command, engine', () => {
    for (const { name } of recipe.files) expect(checkBundleFileName(name)).toMatchObject({ ok: true });
    expect(recipe.files.map(({ name }) => name)).toContain(recipe.exe);
    for (const word of recipe.args) {
      if (typeof word === 'string' && word !== '-z')
        expect(recipe.files.map(({ name }) => name)).toContain(word);
    }
    expect(() => checkCommand(recipe)).not.toThrow();
    expect(engineIds).toContain(recipe.engine);
  });

  test('has a command line that an engine of the family understands', () => {
    const parameters = { prompt: '', steps: 12, temperature: 0, seed: 1, topp: 0.9 };
    // `-L` is vellm's own; the family does not have it.
    const own = recipe.args.filter((word) => typeof word === 'string' || word.flag !== '-L');
    const args = buildArguments({ args: own, keep: [] }, parameters).map((word) => {
      if (word === 'MODEL.BIN') return model.checkpoint;
      return recipe.files.some(({ name }) => name === word) ? model.tokenizer : word;
    });
    const { status, stdout, stderr } = spawnSync(process.execPath, [engine, ...args], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, `${greedyText(12)}\n`]);
    expect(stderr).toContain('achieved tok/s');
  });
});

test('every recipe has the parameters of the others, so that one prompt fits all', () => {
  const names = recipes.map(({ args }) =>
    args.flatMap((word) => (typeof word === 'string' ? [] : [word.name])),
  );
  for (const one of names)
    expect(one).toEqual(expect.arrayContaining(['prompt', 'steps', 'temperature', 'topp', 'seed']));
});

describe('files are recognised by their names', () => {
  test.each([
    [
      'llama98',
      ['a/run98.exe', 'b/stories260K.bin', 'c/tok512.bin'],
      ['TOK512.BIN=c/tok512.bin', 'MODEL.BIN=b/stories260K.bin', 'LLAMA98.EXE=a/run98.exe'],
    ],
    [
      'dosllam2',
      ['LLAMA2.EXE', 'DOS32A.EXE', 'tokenize.bin', 'm.bin'],
      ['DOS4GW.EXE=DOS32A.EXE', 'DOSLLAM2.EXE=LLAMA2.EXE'],
    ],
    [
      'dosllam2',
      ['LLAMA2.EXE', 'tokenizer.bin', 'm.bin'],
      ['DOSLLAM2.EXE=LLAMA2.EXE', 'TOKENIZE.BIN=tokenizer.bin'],
    ],
    [
      'vellm',
      ['vellm.exe', 'cwsdpmi.exe', 'STORY_Q8.BIN', 'TOKEN.BIN'],
      ['VELLM.EXE=vellm.exe', 'CWSDPMI.EXE=cwsdpmi.exe'],
    ],
    ['llama2c', ['run', 'stories15M.bin', 'tokenizer.bin'], ['RUN.EXE=run', 'MODEL.BIN=stories15M.bin']],
  ])('for %s from %j', (id, files, expected) => {
    const match = matchRecipe(recipeOf(id), given(...files));
    const found = match.ok ? match.files.map(({ name, source }) => `${name}=${source}`) : [match.why];
    expect(found).toEqual(expect.arrayContaining(expected));
    expect(found).toHaveLength(files.length);
  });

  test.each([
    ['llama98', ['run.exe', 'tok512.bin'], 'llama98 also needs MODEL.BIN (a llama2.c checkpoint, version 0)'],
    ['llama98', [], /^llama98 also needs LLAMA98.EXE .*TOK512.BIN .*MODEL.BIN/],
    [
      'llama98',
      ['a.exe', 'b.exe', 'tok512.bin', 'm.bin'],
      'which one is LLAMA98.EXE: a.exe or b.exe? Say LLAMA98.EXE=PATH',
    ],
    [
      'llama98',
      ['a.exe', 'tok512.bin', 'm.bin', 'n.txt'],
      /^llama98 has no use for n.txt; it takes LLAMA98.EXE/,
    ],
  ])('for %s from %j it is said what is wrong', (id, files, why) => {
    const match = matchRecipe(recipeOf(id), given(...files));
    expect(match.ok ? '' : match.why).toMatch(why);
  });

  test('or by what the user calls them', () => {
    const files = [{ filename: 'weights', source: 'weights', as: 'MODEL.BIN' }, ...given('a.exe', 'tok.bin')];
    expect(matchRecipe(recipeOf('llama98'), files)).toMatchObject({ ok: true });
    const wrong = [{ filename: 'x', source: 'x', as: 'OTHER.BIN' }];
    expect(matchRecipe(recipeOf('llama98'), wrong)).toMatchObject({ why: /has no file OTHER.BIN/ });
  });
});

test('the generator’s files are what the recipes ask for', () => {
  expect(generateCheckpoint().length).toBeGreaterThan(generateTokenizer().length);
});
