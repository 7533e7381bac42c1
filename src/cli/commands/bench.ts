import { Option, type Command } from 'commander';
import type { Benchmark, BenchmarkSummary, ResultFormat } from '../../contract/benchmarks.ts';
import { defaultRepetitions, defaultWarmUps } from '../../contract/benchmarks.ts';
import { BenchProgress } from '../bench-progress.ts';
import { benchmarkTable } from '../bench-table.ts';
import { leaf, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import type { Client } from '../client.ts';
import { table, when } from '../format.ts';
import { untilInterrupted } from '../interruption.ts';
import { readSome } from '../pages.ts';
import { addParameterOptions, limitsOf, parametersOf, type ParameterOptions } from '../parameters.ts';
import { addSelectorOptions, selectorOf, type SelectorOptions } from '../selector.ts';
import { visible } from '../visible.ts';
import { watchBenchmark } from '../watch-benchmark.ts';

interface FormatOptions extends CommonOptions {
  readonly format: 'table' | 'json' | 'csv' | 'md';
}

interface BenchOptions extends FormatOptions, SelectorOptions, ParameterOptions {
  readonly machines?: readonly string[];
  readonly name?: string;
  readonly repetitions: number;
  readonly warmUps: number;
  readonly deploy?: true;
  readonly detach?: true;
}

const describe = ({ id, name, state }: BenchmarkSummary): string =>
  visible(`benchmark ${id}${name === undefined ? '' : ` (${name})`} ${state}`);

async function resultFile(client: Client, id: number, format: ResultFormat): Promise<string> {
  const response = await client.open('readBenchmarkResults', { params: { id }, query: { format } });
  return visible(await response.text());
}

async function print(cli: Cli, client: Client, benchmark: Benchmark, options: FormatOptions): Promise<void> {
  const { format } = options;
  if (format === 'csv' || format === 'md') {
    cli.io.stdout.write(await resultFile(client, benchmark.id, format));
    return;
  }
  const asked = format === 'json' ? { ...options, json: true as const } : options;
  cli.print(asked, benchmark, () => `${describe(benchmark)}\n${benchmarkTable(benchmark)}`);
}

async function bench(cli: Cli, bundles: readonly string[], options: BenchOptions): Promise<void> {
  const client = cli.client(options);
  const { name, repetitions, warmUps } = options;
  const machines = selectorOf(options.machines ?? [], options);
  const started = await client.call('createBenchmark', {
    body: {
      ...(name === undefined ? {} : { name }),
      bundles,
      machines,
      parameters: await parametersOf(client, bundles[0] ?? '', options),
      limits: limitsOf(options),
      repetitions,
      warmUps,
      deploy: options.deploy === true,
    },
  });
  const lookAgain = `fleet98 bench show ${started.id}`;
  if (options.detach) {
    cli.print(options, started, () => `${describe(started)}\nNext: ${lookAgain}\n`);
    return;
  }
  const progress = new BenchProgress(cli.io.stderr);
  const show = (benchmark: Benchmark): void => progress.show(benchmark, Date.now());
  const ended = await untilInterrupted((signal) => watchBenchmark(client.until(signal), started, show));
  if (ended) await print(cli, client, ended, options);
  else {
    cli.note(
      `Benchmark ${started.id} goes on. Look again: ${lookAgain}; end it: fleet98 bench cancel ${started.id}`,
    );
  }
  if (ended?.state !== 'done') cli.fail();
}

async function list(cli: Cli, options: CommonOptions & { limit: number }): Promise<void> {
  const client = cli.client(options);
  const found = await readSome(options.limit, (page) => client.call('listBenchmarks', { query: page }));
  cli.print(options, found, () =>
    table(
      ['BENCHMARK', 'NAME', 'STATE', 'BUNDLES', 'RUNS', 'CREATED'],
      found.map(({ id, name, state, bundles, counts, createdAt }) => {
        const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
        return [id, name, state, bundles.join(' '), total, when(createdAt)];
      }),
    ),
  );
}

const addFormat = (command: Command): Command =>
  command.addOption(
    new Option('--format <format>', 'how the result is printed')
      .choices(['table', 'json', 'csv', 'md'])
      .default('table'),
  );

/** `bench …`; without the name of another subcommand it is `bench run`. */
export function addBenchCommands(program: Command, cli: Cli): void {
  const command = program.command('bench').description('measure bundles on machines by repeated runs');
  const summary = 'run each bundle on each machine several times and show mean ± deviation';
  const run = leaf(command, 'run <bundles...>', summary, { isDefault: true }).option(
    '--machines <names...>',
    'machines by their names',
  );
  addFormat(addParameterOptions(addSelectorOptions(run)))
    .option('-r, --repetitions <n>', 'measured runs', wholeNumber, defaultRepetitions)
    .option('--warm-ups <n>', 'runs before them that do not count', wholeNumber, defaultWarmUps)
    .option('--name <name>', 'a name for people')
    .option('--deploy', 'send a bundle first where it is not')
    .option('--detach', 'do not wait for the end')
    .action((bundles: string[], options: BenchOptions) => bench(cli, bundles, options));
  leaf(command, 'list', 'list benchmarks, newest first')
    .option('--limit <n>', 'how many', wholeNumber, 20)
    .action((options: CommonOptions & { limit: number }) => list(cli, options));
  addFormat(leaf(command, 'show', 'the figures of a benchmark so far'))
    .argument('<id>', 'a benchmark', wholeNumber)
    .action(async (id: number, options: FormatOptions) => {
      const client = cli.client(options);
      await print(cli, client, await client.call('showBenchmark', { params: { id } }), options);
    });
  leaf(command, 'cancel', 'end a benchmark: what runs is stopped, what waits does not start')
    .argument('<id>', 'a benchmark', wholeNumber)
    .action(async (id: number, options: CommonOptions) => {
      const canceled = await cli.client(options).call('cancelBenchmark', { params: { id } });
      cli.print(options, canceled, () => `${describe(canceled)}\n`);
    });
}
