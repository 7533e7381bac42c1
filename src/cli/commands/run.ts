import type { Command } from 'commander';
import type { RunEventData } from '../../contract/events.ts';
import type { Run, RunSummary } from '../../contract/runs.ts';
import { leaf, type Cli, type CommonOptions } from '../cli.ts';
import type { Client } from '../client.ts';
import { describeAway } from '../describe-machine.ts';
import { describeEnd } from '../describe-run.ts';
import { ProblemError } from '../failures.ts';
import { followRun } from '../follow-run.ts';
import { untilInterrupted } from '../interruption.ts';
import { addParameterOptions, limitsOf, parametersOf, type ParameterOptions } from '../parameters.ts';
import { addSelectorOptions, selectorOf, type SelectorOptions } from '../selector.ts';
import { TokenPrinter } from '../token-printer.ts';
import { addRunImportCommand } from './run-import.ts';

interface RunOptions extends CommonOptions, SelectorOptions, ParameterOptions {
  readonly deploy?: true;
  readonly detach?: true;
}

/** What a person should hear of a change of a run's state. */
async function newsOf(
  client: Client,
  name: string,
  { state, code, detail }: RunEventData['state'],
): Promise<string | undefined> {
  if (state === 'lost') return 'not heard of for long; still waiting';
  if (code === 'RUN_UNSEEN' || code === 'RUN_OVERDUE') {
    return describeAway(await client.call('showMachine', { params: { name } }));
  }
  return code === 'WAITING_FOR_KEYBOARD' || code === 'CANNOT_STOP' ? detail : undefined;
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
        if (event.type === 'state') {
          const news = await newsOf(client, machine, event);
          if (news !== undefined) say(`${machine}: ${news}`);
        }
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
  const parameters = await parametersOf(client, bundle, options);
  const { runs, notes = [] } = await client
    .call('run', {
      body: { bundle, machines, parameters, limits: limitsOf(options), deploy: options.deploy === true },
    })
    .catch((error: unknown) => {
      if (error instanceof ProblemError && error.problem.code === 'NOT_DEPLOYED') {
        cli.note('With --deploy the bundle is sent first.');
      }
      throw error;
    });
  for (const note of notes) cli.note(`${note.machine}: ${note.message}`);
  if (options.detach) {
    const started = runs.map((run) => `run ${run.id} on ${run.machine} ${run.state}\n`).join('');
    cli.print(options, { runs }, () => `${started}Next: fleet98 logs ${runs[0]?.id ?? 'ID'} -f\n`);
    return;
  }
  const printer = options.json ? undefined : new TokenPrinter(cli.io.stdout, runs.length);
  const ended = await untilInterrupted((signal) =>
    watchRuns(client.until(signal), runs, printer, (text) => cli.note(text)),
  );
  if (!ended) {
    const [first] = runs;
    const id = runs.length === 1 && first ? first.id : 'ID';
    cli.note(
      `What was started goes on. Look again: fleet98 logs ${id} -f; end it: fleet98 runs cancel ${id}`,
    );
    return cli.fail();
  }
  cli.print(options, { runs: ended }, () => '');
  if (!ended.every((run) => run.state === 'succeeded')) cli.fail();
}

/** `run`. */
export function addRunCommand(program: Command, cli: Cli): void {
  const command = leaf(
    program,
    'run <bundle> [machines...]',
    'run a bundle on machines and show its text live',
  );
  addParameterOptions(addSelectorOptions(command))
    .option('--deploy', 'send the bundle first where it is not')
    .option('--detach', 'do not wait for the end')
    .action((bundle: string, machines: string[], options: RunOptions) =>
      runBundle(cli, bundle, machines, options),
    );
  addRunImportCommand(command, cli);
}
