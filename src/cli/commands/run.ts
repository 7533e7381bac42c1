import type { Command } from 'commander';
import type { Bundle } from '../../contract/bundles.ts';
import type { Run, RunRequest, RunSummary } from '../../contract/runs.ts';
import { collect, decimal, leaf, pairs, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import type { Client } from '../client.ts';
import { ProblemError } from '../failures.ts';
import { followRun } from '../follow-run.ts';
import { rate } from '../format.ts';
import { addSelectorOptions, selectorOf, type SelectorOptions } from '../selector.ts';
import { TokenPrinter } from '../token-printer.ts';

type Parameters = NonNullable<RunRequest['parameters']>;

interface RunOptions extends CommonOptions, SelectorOptions {
  readonly input?: string;
  readonly steps?: number;
  readonly temperature?: number;
  readonly topp?: number;
  readonly seed?: number;
  readonly set?: readonly string[];
  readonly limitSeconds?: number;
  readonly quietSeconds?: number;
  readonly deploy?: true;
  readonly detach?: true;
}

/** The newest version of a bundle, or the one that is named. */
async function findBundle(client: Client, reference: string): Promise<Bundle | undefined> {
  const [name = '', version] = reference.split('@');
  if (version !== undefined) return await client.call('showBundle', { params: { name, version } });
  return (await client.call('listBundles', { query: { name, limit: 1 } })).items[0];
}

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

async function parametersOf(client: Client, bundle: string, options: RunOptions): Promise<Parameters> {
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

/** How a run went, in one line. */
export function describeEnd(run: RunSummary): string {
  const { tokensPerSecond, ttftMs, timing } = run;
  const figure = timing?.reportedTokensPerSecond ?? timing?.intervalTokensPerSecond;
  const parts = [
    run.tokens === undefined ? undefined : `${run.tokens} tokens`,
    tokensPerSecond === undefined
      ? undefined
      : `${rate(tokensPerSecond)} tok/s${figure ? ` (${figure.source}’s clock)` : ''}`,
    ttftMs === undefined ? undefined : `first after ${Math.round(ttftMs)} ms`,
    run.exitCode === undefined ? undefined : `exit ${run.exitCode}`,
    run.code === undefined ? undefined : `${run.code}: ${run.detail ?? ''}`,
    run.simulated ? 'simulated' : undefined,
  ].filter((part) => part !== undefined);
  return `run ${run.id} on ${run.machine} ${run.state}: ${parts.join(', ')}`;
}

/** Shows the runs' text live; gives them as they ended. */
export async function watchRuns(
  client: Client,
  runs: readonly RunSummary[],
  printer: TokenPrinter | undefined,
  note: (text: string) => void,
): Promise<Run[]> {
  const say = (text: string): void => (printer ? printer.interject(() => note(text)) : note(text));
  return await Promise.all(
    runs.map(async ({ id, machine }) => {
      for await (const event of followRun(client, id)) {
        if (event.type === 'token') printer?.push(machine, event.text);
        if (event.type === 'state' && event.state === 'lost')
          say(`${machine}: not heard of for long; still waiting`);
      }
      printer?.end(machine);
      const run = await client.call('showRun', { params: { id } });
      say(describeEnd(run));
      return run;
    }),
  );
}

async function runBundle(
  cli: Cli,
  bundle: string,
  names: readonly string[],
  options: RunOptions,
): Promise<void> {
  const client = cli.client(options);
  const machines = selectorOf(names, options);
  const limits = {
    ...(options.limitSeconds === undefined ? {} : { limitSeconds: options.limitSeconds }),
    ...(options.quietSeconds === undefined ? {} : { quietSeconds: options.quietSeconds }),
  };
  const parameters = await parametersOf(client, bundle, options);
  const { runs } = await client
    .call('run', { body: { bundle, machines, parameters, limits, deploy: options.deploy === true } })
    .catch((error: unknown) => {
      if (error instanceof ProblemError && error.problem.code === 'NOT_DEPLOYED') {
        cli.note('With --deploy the bundle is sent first.');
      }
      throw error;
    });
  if (options.detach) {
    const started = runs.map((run) => `run ${run.id} on ${run.machine} ${run.state}\n`).join('');
    cli.print(options, { runs }, () => `${started}Next: fleet98 logs ${runs[0]?.id ?? 'ID'} -f\n`);
    return;
  }
  const printer = options.json ? undefined : new TokenPrinter(cli.io.stdout, runs.length);
  const ended = await watchRuns(client, runs, printer, (text) => cli.note(text));
  cli.print(options, { runs: ended }, () => '');
  if (!ended.every((run) => run.state === 'succeeded')) cli.fail();
}

/** `run`. */
export function addRunCommand(program: Command, cli: Cli): void {
  addSelectorOptions(
    leaf(program, 'run <bundle> [machines...]', 'run a bundle on machines and show its text live'),
  )
    .option('-i, --input <prompt>', 'parameter `prompt`')
    .option('-n, --steps <n>', 'parameter `steps`', wholeNumber)
    .option('-t, --temperature <t>', 'parameter `temperature`', decimal)
    .option('-p, --topp <p>', 'parameter `topp`', decimal)
    .option('-s, --seed <n>', 'parameter `seed`', wholeNumber)
    .option('--set <name=value>', 'any other parameter; repeat for more', collect)
    .option('--limit-seconds <n>', 'stop it after so long', wholeNumber)
    .option('--quiet-seconds <n>', 'stop it when it has printed nothing for so long', wholeNumber)
    .option('--deploy', 'send the bundle first where it is not')
    .option('--detach', 'do not wait for the end')
    .action((bundle: string, machines: string[], options: RunOptions) =>
      runBundle(cli, bundle, machines, options),
    );
}
