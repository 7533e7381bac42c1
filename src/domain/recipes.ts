import type { Argument } from './bundle.ts';

type RecipeArgument = Exclude<Argument, { readonly type: 'choice' }>;

/** A file that the user brings. */
export interface RecipeFile {
  /** Its name on the machine. */
  readonly name: string;
  readonly about: string;
  /** What its name looks like here, without regard to case. */
  readonly pattern: string;
  /** The recipe works without it on some machines. */
  readonly optional?: true;
}

/** How files of a well-known engine become a bundle. */
export interface Recipe {
  readonly id: string;
  readonly about: string;
  /** In the order in which given files are recognised: what only one pattern can mean comes first. */
  readonly files: readonly RecipeFile[];
  readonly exe: string;
  readonly args: readonly RecipeArgument[];
  readonly keep: readonly string[];
  readonly engine: string;
  /** What a user of it should know. */
  readonly notes: readonly string[];
}

/** The options that all descendants of llama2.c share. */
const sampling: readonly RecipeArgument[] = [
  { name: 'temperature', type: 'number', flag: '-t', default: 1, min: 0, max: 100 },
  { name: 'topp', type: 'number', flag: '-p', default: 0.9, min: 0, max: 1 },
  { name: 'seed', type: 'integer', flag: '-s', min: 0, max: 4_294_967_295 },
  { name: 'steps', type: 'integer', flag: '-n', default: 256, min: 0, max: 1_000_000 },
  { name: 'prompt', type: 'text', flag: '-i', maxLength: 4_096 },
];

const tokenizerPattern = '^tok.*[.]bin$';
const checkpointPattern = '[.]bin$';

export const recipes: readonly Recipe[] = [
  {
    id: 'llama98',
    about: 'llama98.c, the engine of EXO Labs’ Windows 98 demo',
    files: [
      { name: 'LLAMA98.EXE', about: 'its run.c built for Windows 9x (Borland C++ 5.02)', pattern: '[.]exe$' },
      {
        name: 'TOK512.BIN',
        about: 'the tokenizer that belongs to the checkpoint',
        pattern: tokenizerPattern,
      },
      { name: 'MODEL.BIN', about: 'a llama2.c checkpoint, version 0', pattern: checkpointPattern },
    ],
    exe: 'LLAMA98.EXE',
    args: ['MODEL.BIN', '-z', 'TOK512.BIN', ...sampling],
    keep: ['DEBUG.LOG'],
    engine: 'llama98',
    notes: [
      'It says why it failed in DEBUG.LOG only; a failed run brings that file.',
      'It gives up at 96 MB of weights, and each word of the tokenizer takes 16 KB.',
    ],
  },
  {
    id: 'dosllam2',
    about: 'dosllam2, llama2.c for DOS (Open Watcom)',
    files: [
      {
        name: 'DOS4GW.EXE',
        about: 'the DOS extender, where it is not in the program',
        pattern: '^dos(4gw|32a)[.]exe$',
        optional: true,
      },
      { name: 'DOSLLAM2.EXE', about: 'the program', pattern: '[.]exe$' },
      {
        name: 'TOKENIZE.BIN',
        about: 'the tokenizer that belongs to the checkpoint',
        pattern: tokenizerPattern,
      },
      { name: 'MODEL.BIN', about: 'a llama2.c checkpoint, version 0', pattern: checkpointPattern },
    ],
    exe: 'DOSLLAM2.EXE',
    args: ['MODEL.BIN', '-z', 'TOKENIZE.BIN', ...sampling],
    keep: [],
    engine: 'llama2c',
    notes: [
      'Its banner stands before the text.',
      'Its own rate is wrong for runs of more than about 70 minutes; the agent’s clock is not.',
    ],
  },
  {
    id: 'vellm',
    about: 'vellm, llama2.c for DOS with 8-bit weights (DJGPP)',
    files: [
      {
        name: 'CWSDPMI.EXE',
        about: 'the DPMI host; not needed in a DOS box of Windows',
        pattern: '^cwsdpmi[.]exe$',
        optional: true,
      },
      { name: 'VELLM.EXE', about: 'the program', pattern: '[.]exe$' },
      { name: 'TOKEN.BIN', about: 'the tokenizer that belongs to the checkpoint', pattern: tokenizerPattern },
      { name: 'MODEL.BIN', about: 'a llama2.c checkpoint, version 2 (Q8_0)', pattern: checkpointPattern },
    ],
    exe: 'VELLM.EXE',
    args: [
      'MODEL.BIN',
      '-z',
      'TOKEN.BIN',
      {
        name: 'context',
        type: 'integer',
        flag: '-L',
        min: 1,
        max: 100_000,
        description: 'cap of the context, to save memory',
      },
      ...sampling,
    ],
    keep: [],
    engine: 'llama2c',
    notes: [
      'What it says of the hardware stands before the text.',
      'A model that does not fit is paged to CWSDPMI.SWP without a word.',
    ],
  },
  {
    id: 'llama2c',
    about: 'llama2.c, its run.c built for the machine',
    files: [
      { name: 'RUN.EXE', about: 'run.c, built for the machine', pattern: '^run$|[.]exe$' },
      { name: 'TOK.BIN', about: 'the tokenizer that belongs to the checkpoint', pattern: tokenizerPattern },
      { name: 'MODEL.BIN', about: 'a llama2.c checkpoint, version 0', pattern: checkpointPattern },
    ],
    exe: 'RUN.EXE',
    args: ['MODEL.BIN', '-z', 'TOK.BIN', ...sampling],
    keep: [],
    engine: 'llama2c',
    notes: ['On a machine with big-endian numbers checkpoint and tokenizer must be swapped first.'],
  },
];

/** Which given file is which; or why that cannot be told. */
export type RecipeMatch =
  | { readonly ok: true; readonly files: readonly { readonly name: string; readonly source: string }[] }
  | { readonly ok: false; readonly why: string };

interface GivenFile {
  /** Without folders. */
  readonly filename: string;
  readonly source: string;
  /** The name on the machine, where the user said it. */
  readonly as?: string;
}

const listed = (files: readonly RecipeFile[]): string =>
  files.map(({ name, about }) => `${name} (${about})`).join(', ');

/** Tells by their names what the given files are. Every file must be something, and nothing needed may be missing. */
export function matchRecipe(recipe: Recipe, given: readonly GivenFile[]): RecipeMatch {
  const left = new Set(given);
  const found: { name: string; source: string }[] = [];
  for (const file of [...given].filter(({ as }) => as !== undefined)) {
    const slot = recipe.files.find(({ name }) => name === file.as);
    if (!slot)
      return { ok: false, why: `${recipe.id} has no file ${file.as}; it takes ${listed(recipe.files)}` };
    found.push({ name: slot.name, source: file.source });
    left.delete(file);
  }
  const missing: RecipeFile[] = [];
  for (const slot of recipe.files.filter(({ name }) => !found.some((one) => one.name === name))) {
    const pattern = new RegExp(slot.pattern, 'i');
    const matching = [...left].filter(({ filename }) => pattern.test(filename));
    const [file, other] = matching;
    if (file && other) {
      const names = matching.map(({ filename }) => filename).join(' or ');
      return { ok: false, why: `which one is ${slot.name}: ${names}? Say ${slot.name}=PATH` };
    }
    if (file) {
      found.push({ name: slot.name, source: file.source });
      left.delete(file);
    } else if (slot.optional !== true) missing.push(slot);
  }
  if (missing.length > 0) return { ok: false, why: `${recipe.id} also needs ${listed(missing)}` };
  const [extra] = left;
  if (extra)
    return {
      ok: false,
      why: `${recipe.id} has no use for ${extra.filename}; it takes ${listed(recipe.files)}`,
    };
  return { ok: true, files: found };
}
