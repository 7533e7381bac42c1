import type { Command } from 'commander';
import type { Bundle, NewBundle } from '../../contract/bundles.ts';
import { addDisksCommand } from './bundle-disks.ts';
import { recipes } from '../../contract/recipes.ts';
import {
  parseFile,
  parseParameter,
  readSpec,
  type Argument,
  type BundlePlan,
  type FileSource,
} from '../bundle-spec.ts';
import { collect, leaf, type Cli, type CommonOptions } from '../cli.ts';
import type { Client } from '../client.ts';
import { UsageError } from '../failures.ts';
import { facts, size, table, when } from '../format.ts';
import type { Output } from '../io.ts';
import { readAll } from '../pages.ts';
import { describeRecipes, planByRecipe } from '../recipe-plan.ts';
import { uploadFile } from '../upload.ts';
import { visibleLine } from '../visible.ts';

interface CreateOptions extends CommonOptions {
  readonly recipe?: string;
  readonly name?: string;
  readonly file?: readonly string[];
  readonly exe?: string;
  readonly program?: string;
  readonly keep?: readonly string[];
  readonly engine: string;
  readonly spec?: string;
}

type Spec = Awaited<ReturnType<typeof readSpec>>;

const totalBytes = (bundle: Bundle): number => bundle.files.reduce((sum, file) => sum + file.sizeBytes, 0);

function commandLine({ command }: Bundle): string | undefined {
  if (!command) return undefined;
  const words = command.args.map((word) =>
    typeof word === 'string' ? word : `${word.flag ? `${word.flag} ` : ''}<${word.name}>`,
  );
  return [command.exe ?? command.program, ...words].join(' ');
}

function describe(bundle: Bundle): string {
  return facts([
    ['bundle', bundle.reference],
    ['files', bundle.files.map((file) => `${file.name} (${size(file.sizeBytes)})`).join(', ')],
    ['command', commandLine(bundle) ?? 'none: a delivery of files'],
    ['engine', bundle.engine],
    ['folder', bundle.folder],
    ['created', when(bundle.createdAt)],
  ]);
}

async function knownFiles(
  client: Client,
  files: readonly FileSource[],
  output: Output,
): Promise<NewBundle['files']> {
  const known: NewBundle['files'] = [];
  for (const file of files) {
    const sha256 = 'sha256' in file ? file.sha256 : (await uploadFile(client, file.path, output)).sha256;
    known.push({ name: file.name, sha256 });
  }
  return known;
}

async function planOf(options: CreateOptions, args: Argument[]): Promise<BundlePlan | Spec> {
  const said = options.file ?? options.exe ?? options.program;
  if (options.spec !== undefined ? said !== undefined || args.length > 0 : said === undefined) {
    throw new UsageError('say what is in it: --file NAME=PATH with --exe or --program, or --spec FILE.json');
  }
  if (options.spec !== undefined) return readSpec(options.spec);
  return {
    files: (options.file ?? []).map((word) => parseFile(word)),
    ...(options.exe === undefined && options.program === undefined
      ? {}
      : {
          command: {
            ...(options.exe === undefined ? {} : { exe: options.exe }),
            ...(options.program === undefined ? {} : { program: options.program }),
            args,
            keep: options.keep ?? [],
          },
        }),
    engine: options.engine,
  };
}

/** With a recipe the words are its files, else the only word is the bundle's name. */
async function nameAndPlan(
  words: readonly string[],
  options: CreateOptions,
  args: Argument[],
): Promise<readonly [string, BundlePlan | Spec]> {
  const { recipe, name } = options;
  if (recipe === undefined) {
    const [given = name, ...more] = words;
    if (given === undefined || more.length > 0 || (words.length > 0 && name !== undefined)) {
      throw new UsageError('give the bundle one name');
    }
    return [given, await planOf(options, args)];
  }
  const others = [options.file, options.exe, options.program, options.keep, options.spec];
  if (args.length > 0 || others.some((one) => one !== undefined)) {
    throw new UsageError('with --recipe give only the files, and perhaps --name');
  }
  return [name ?? recipe, planByRecipe(recipe, words)];
}

async function createBundle(
  cli: Cli,
  words: readonly string[],
  options: CreateOptions,
  args: Argument[],
): Promise<void> {
  const client = cli.client(options);
  const [name, { files, ...rest }] = await nameAndPlan(words, options, args);
  const body = { ...rest, name, files: await knownFiles(client, files, cli.io.stderr) };
  const bundle = await client.call('createBundle', { body });
  const next = `\nNext: fleet98 deploy ${visibleLine(name)} MACHINE…\n`;
  cli.print(options, bundle, () => describe(bundle) + next);
}

async function listBundles(cli: Cli, options: CommonOptions & { name?: string }): Promise<void> {
  const client = cli.client(options);
  const bundles = await readAll((after) =>
    client.call('listBundles', { query: { after, limit: 200, name: options.name } }),
  );
  cli.print(options, bundles, () =>
    table(
      ['BUNDLE', 'FILES', 'SIZE', 'COMMAND', 'CREATED'],
      bundles.map((bundle) => [
        bundle.reference,
        bundle.files.length,
        size(totalBytes(bundle)),
        commandLine(bundle),
        when(bundle.createdAt),
      ]),
    ),
  );
}

/** `bundle …`. */
export function addBundleCommands(program: Command, cli: Cli): void {
  const bundle = program.command('bundle').description('named, versioned sets of files with a command');
  // Words and parameters share one list: the order they are given in is the order of the command line.
  const args: Argument[] = [];
  leaf(
    bundle,
    'create [words...]',
    'create a bundle NAME, or the next version of one; with --recipe of FILES',
  )
    .option('--recipe <id>', 'what the files are and how they are run: see `bundle recipes`')
    .option('--name <name>', 'another name than that of the recipe')
    .option(
      '--file <name=path>',
      'a file with its 8.3 name on the machine, uploaded; or name=sha256',
      collect,
    )
    .option('--exe <name>', 'the file of the bundle that is started')
    .option('--program <name>', 'or a program of the machine that is started')
    .option('--arg <word>', 'a fixed word of the command line', (word: string) => void args.push(word))
    .option(
      '--param <name:type:flag:default>',
      'a parameter: text, integer, number, choice(a|b)',
      (word: string) => void args.push(parseParameter(word)),
    )
    .option('--keep <name>', 'a file to fetch when a run fails', collect)
    .option('--engine <name>', 'what the output is read as', 'auto')
    .option(
      '--spec <file>',
      'all of it from a JSON file, as POST /bundles takes it, with path instead of sha256',
    )
    .action((words: string[], options: CreateOptions) => createBundle(cli, words, options, args));
  bundle
    .command('recipes')
    .description('list recipes: which files each needs')
    .option('--json', 'answer in JSON')
    .action((options: { json?: true }) => cli.print(options, recipes, describeRecipes));
  addDisksCommand(bundle, cli);
  leaf(bundle, 'list', 'list bundle versions, oldest first')
    .option('--name <name>', 'only those of this name')
    .action((options: CommonOptions & { name?: string }) => listBundles(cli, options));
}
