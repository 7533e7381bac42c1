import { readFile, readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Command } from 'commander';
import { leaf, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import { describeEnd } from '../describe-run.ts';
import { UsageError } from '../failures.ts';
import { parametersOf, type ParameterOptions } from '../parameters.ts';
import { uploadFile } from '../upload.ts';
import { visible, visibleLine } from '../visible.ts';

interface ImportOptions extends CommonOptions, ParameterOptions {
  readonly machine?: string;
  readonly bundle?: string;
  readonly exit?: number;
  readonly end?: string;
}

/** The END that lies beside a LOG, in whatever case the disk was read. */
async function endBeside(log: string): Promise<string | undefined> {
  if (extname(log).toUpperCase() !== '.LOG') return undefined;
  const wanted = `${basename(log, extname(log))}.END`.toUpperCase();
  const names = await readdir(dirname(log)).catch(() => []);
  const found = names.find((name) => name.toUpperCase() === wanted);
  return found === undefined ? undefined : join(dirname(log), found);
}

async function readEnd(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UsageError(`${visibleLine(path)} cannot be read: ${String(error)}`);
  });
  return bytes.toString('latin1');
}

async function importRun(cli: Cli, file: string, options: ImportOptions): Promise<void> {
  const client = cli.client(options);
  const { machine, bundle, exit: exitCode } = options;
  const endFile = options.end ?? (exitCode === undefined ? await endBeside(file) : undefined);
  const end = endFile === undefined ? undefined : await readEnd(endFile);
  const parameters = bundle === undefined ? undefined : await parametersOf(client, bundle, options);
  const { sha256: log } = await uploadFile(client, file, cli.io.stderr);
  const run = await client.call('importRun', { body: { log, end, exitCode, machine, bundle, parameters } });
  if (endFile !== undefined) cli.note(`with ${endFile}`);
  cli.print(options, run, () => visible(`${describeEnd(run)}\nNext: fleet98 runs ${run.id}\n`));
}

/** `run import`. */
export function addRunImportCommand(run: Command, cli: Cli): void {
  leaf(run, 'import', 'make a run of a log that was carried here by hand')
    .argument('<file>', 'what the program printed, or the LOG of an agent; its END beside it is used, too')
    .option('--machine <name>', 'the machine that it ran on')
    .option('--bundle <name>', 'the bundle that ran, or bundle@version')
    .option('--exit <code>', 'the program’s exit code, where no END tells it', wholeNumber)
    .option('--end <file>', 'the END of the agent, where it is not beside the LOG')
    // `run` has the same options, and takes them for itself.
    .action((file: string, _: ImportOptions, command: Command) =>
      importRun(cli, file, command.optsWithGlobals<ImportOptions>()),
    );
}
