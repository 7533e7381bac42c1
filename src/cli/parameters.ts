import type { Command } from 'commander';
import type { Bundle } from '../contract/bundles.ts';
import type { RunRequest } from '../contract/runs.ts';
import { collect, decimal, pairs, wholeNumber } from './cli.ts';
import type { Client } from './client.ts';
import { readAll } from './pages.ts';

/** Options that say how a bundle is run. */
export interface ParameterOptions {
  readonly input?: string;
  readonly steps?: number;
  readonly temperature?: number;
  readonly topp?: number;
  readonly seed?: number;
  readonly set?: readonly string[];
  readonly limitSeconds?: number;
  readonly quietSeconds?: number;
}

export const addParameterOptions = (command: Command): Command =>
  command
    .option('-i, --input <prompt>', 'parameter `prompt`')
    .option('-n, --steps <n>', 'parameter `steps`', wholeNumber)
    .option('-t, --temperature <t>', 'parameter `temperature`', decimal)
    .option('-p, --topp <p>', 'parameter `topp`', decimal)
    .option('-s, --seed <n>', 'parameter `seed`', wholeNumber)
    .option('--set <name=value>', 'any other parameter; repeat for more', collect)
    .option('--limit-seconds <n>', 'stop it after so long', wholeNumber)
    .option('--quiet-seconds <n>', 'stop it when it has printed nothing for so long', wholeNumber);

/** The newest version of a bundle, or the one that is named. */
async function findBundle(client: Client, reference: string): Promise<Bundle | undefined> {
  const [name = '', version] = reference.split('@');
  if (version !== undefined) return await client.call('showBundle', { params: { name, version } });
  const versions = await readAll((after) =>
    client.call('listBundles', { query: { name, after, limit: 200 } }),
  );
  return versions.at(-1);
}

type Parameters = NonNullable<RunRequest['parameters']>;

/** `--set` words with the types that the bundle gives them; what it does not know is for the daemon to refuse. */
async function setParameters(
  client: Client,
  reference: string,
  words: readonly string[],
): Promise<Parameters> {
  if (words.length === 0) return {};
  const bundle = await findBundle(client, reference);
  const types = new Map(
    bundle?.command?.args.flatMap((word) =>
      typeof word === 'string' ? [] : [[word.name, word.type] as const],
    ),
  );
  return Object.fromEntries(
    Object.entries(pairs(words)).map(([name, value]) => {
      const type = types.get(name);
      const number = Number(value);
      const isNumber =
        (type === 'integer' || type === 'number') && value.trim() !== '' && Number.isFinite(number);
      return [name, isNumber ? number : value];
    }),
  );
}

/** The parameters of a run of `bundle`. */
export async function parametersOf(
  client: Client,
  bundle: string,
  options: ParameterOptions,
): Promise<Parameters> {
  const { input, steps, temperature, topp, seed } = options;
  return {
    ...(input === undefined ? {} : { prompt: input }),
    ...(steps === undefined ? {} : { steps }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topp === undefined ? {} : { topp }),
    ...(seed === undefined ? {} : { seed }),
    ...(await setParameters(client, bundle, options.set ?? [])),
  };
}

export const limitsOf = ({
  limitSeconds,
  quietSeconds,
}: ParameterOptions): NonNullable<RunRequest['limits']> => ({
  ...(limitSeconds === undefined ? {} : { limitSeconds }),
  ...(quietSeconds === undefined ? {} : { quietSeconds }),
});
