import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Run, RunSummary } from '../../contract/runs.ts';
import { leaf, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import type { Client } from '../client.ts';
import { facts, rate, table, when } from '../format.ts';
import type { Io, Output } from '../io.ts';
import { LogRecords, type LogRecord } from '../log-records.ts';
import { readSome } from '../pages.ts';
import { Patience } from '../patience.ts';
import { visible, VisibleStream } from '../visible.ts';

interface ListOptions extends CommonOptions {
  readonly machine?: string;
  readonly bundle?: string;
  readonly state?: string;
  readonly limit: number;
}

interface LogOptions extends CommonOptions {
  readonly follow?: true;
  readonly raw?: true;
}

const LOOK_EVERY_MS = 500;
const endStates: readonly string[] = ['succeeded', 'failed', 'timed-out', 'canceled'];

function describe(run: Run): string {
  const head = facts([
    ['run', `${run.id} of ${run.bundle} on ${run.machine}${run.simulated ? ' (simulated)' : ''}`],
    ['state', run.state],
    ['error', run.code && `${run.code}: ${run.detail ?? ''}`],
    [
      'parameters',
      Object.entries(run.parameters)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ],
    ['tokens', run.tokens],
    ['tok/s', run.tokensPerSecond === undefined ? undefined : rate(run.tokensPerSecond)],
    ['first after', run.ttftMs === undefined ? undefined : `${Math.round(run.ttftMs)} ms`],
    ['exit', run.exitCode],
    ['flags', run.flags.join(', ')],
    ['created', when(run.createdAt)],
    ['ended', when(run.endedAt)],
  ]);
  return run.text === undefined || run.text === '' ? head : `${head}\n${visible(run.text)}\n`;
}

const listed = (runs: readonly RunSummary[]): string =>
  table(
    ['RUN', 'MACHINE', 'BUNDLE', 'STATE', 'TOKENS', 'TOK/S', 'TTFT MS', 'CREATED', 'ERROR'],
    runs.map((run) => [
      run.id,
      run.simulated ? `${run.machine} (sim)` : run.machine,
      run.bundle,
      run.state,
      run.tokens,
      run.tokensPerSecond === undefined ? undefined : Number(rate(run.tokensPerSecond)),
      run.ttftMs === undefined ? undefined : Math.round(run.ttftMs),
      when(run.createdAt),
      run.code,
    ]),
  );

async function showRuns(cli: Cli, id: number | undefined, options: ListOptions): Promise<void> {
  const client = cli.client(options);
  if (id !== undefined) {
    const run = await client.call('showRun', { params: { id } });
    cli.print(options, run, () => describe(run));
    return;
  }
  const { machine, bundle, state } = options;
  const runs = await readSome(options.limit, (page) =>
    client.call('listRuns', { query: { machine, bundle, state, ...page } }),
  );
  cli.print(options, runs, () => listed(runs));
}

async function endRun(
  cli: Cli,
  route: 'cancelRun' | 'abandonRun',
  id: number,
  command: Command,
): Promise<void> {
  // `runs` has the same options, and takes them for itself.
  const options = command.optsWithGlobals<CommonOptions>();
  const run = await cli.client(options).call(route, { params: { id } });
  const { code, detail } = run;
  const why = code === 'CANNOT_STOP' && detail !== undefined ? `: ${detail}` : '';
  cli.print(options, run, () => visible(`run ${run.id} on ${run.machine} is ${run.state}${why}\n`));
}

/** The bytes of a run's log, and with `follow` those that come until it has ended. */
async function* readLog(client: Client, id: number, follow: boolean): AsyncGenerator<Uint8Array> {
  let from = 0;
  const patience = new Patience(client.url);
  for (let isFirst = true; ; isFirst = false) {
    try {
      // The state is asked first: what the log gets before the end is then seen for sure.
      const isOver = !follow || endStates.includes((await client.call('showRun', { params: { id } })).state);
      const response = await client.open('readRunLog', { params: { id }, query: { from } });
      for await (const bytes of response.body ?? []) {
        from += bytes.length;
        yield bytes;
      }
      if (isOver) return;
      patience.heard();
    } catch (error) {
      if (!follow || isFirst) throw error;
      patience.bear(error);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** Writes each stream of the program to the stream of the same name. */
class LogWriter {
  readonly #options: LogOptions;
  readonly #outputs: Readonly<Record<LogRecord['stream'], Output>>;
  readonly #decoders = { out: new TextDecoder(), err: new TextDecoder() };
  readonly #cleaners = { out: new VisibleStream(), err: new VisibleStream() };

  constructor(io: Io, options: LogOptions) {
    this.#options = options;
    this.#outputs = { out: io.stdout, err: io.stderr };
  }

  write({ atMs, stream, bytes }: LogRecord): void {
    const { json, raw } = this.#options;
    if (raw && !json) {
      this.#outputs[stream].write(bytes);
      return;
    }
    const text = this.#decoders[stream].decode(bytes, { stream: true });
    if (json) this.#outputs.out.write(`${JSON.stringify({ atMs, stream, text })}\n`);
    else this.#outputs[stream].write(this.#cleaners[stream].push(text));
  }

  /** What was held back because it could have gone on. */
  end(): void {
    if (this.#options.raw || this.#options.json) return;
    for (const stream of ['out', 'err'] as const) {
      const cleaner = this.#cleaners[stream];
      this.#outputs[stream].write(cleaner.push(this.#decoders[stream].decode()) + cleaner.end());
    }
  }
}

async function showLog(cli: Cli, id: number, options: LogOptions): Promise<void> {
  const records = new LogRecords();
  const writer = new LogWriter(cli.io, options);
  for await (const bytes of readLog(cli.client(options), id, options.follow === true)) {
    for (const record of records.push(bytes)) writer.write(record);
  }
  writer.end();
}

/** `runs` and `logs`. */
export function addRunsCommands(program: Command, cli: Cli): void {
  const runs = leaf(program, 'runs', 'list runs, newest first, or show one')
    .argument('[id]', 'a run', wholeNumber)
    .option('--machine <name>', 'only those on this machine')
    .option('--bundle <name>', 'only those of this bundle, or bundle@version')
    .option('--state <state>', 'only those in this state')
    .option('--limit <n>', 'how many', wholeNumber, 20)
    .action((id: number | undefined, options: ListOptions) => showRuns(cli, id, options));
  leaf(runs, 'cancel', 'stop a run; its machine proves the end')
    .argument('<id>', 'a run', wholeNumber)
    .action((id: number, _: CommonOptions, command: Command) => endRun(cli, 'cancelRun', id, command));
  leaf(runs, 'abandon', 'close a lost run by hand, or one that does not stop')
    .argument('<id>', 'a run', wholeNumber)
    .action((id: number, _: CommonOptions, command: Command) => endRun(cli, 'abandonRun', id, command));
  leaf(program, 'logs', 'what a run’s program printed, errors on standard error')
    .argument('<id>', 'a run', wholeNumber)
    .option('-f, --follow', 'go on until it has ended')
    .option('--raw', 'bytes as they are, control bytes too')
    .action((id: number, options: LogOptions) => showLog(cli, id, options));
}
