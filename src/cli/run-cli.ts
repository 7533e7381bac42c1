import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { Cli } from './cli.ts';
import { addAgentsCommands } from './commands/agents.ts';
import { addKitCommand } from './commands/kit.ts';
import { addScanCommand } from './commands/machine-join.ts';
import { addArtifactCommands } from './commands/artifact.ts';
import { addBenchCommands } from './commands/bench.ts';
import { addBackupCommands } from './commands/backup.ts';
import { addBundleCommands } from './commands/bundle.ts';
import { addDeploymentsCommands } from './commands/deployments.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDeployCommand } from './commands/deploy.ts';
import { addMachineCommands } from './commands/machine.ts';
import { addReceiptsCommand } from './commands/receipts.ts';
import { addRunCommand } from './commands/run.ts';
import { addRunsCommands } from './commands/runs.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSimCommand } from './commands/sim.ts';
import { exitCodes, explain } from './failures.ts';
import type { Io } from './io.ts';

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version: said }: { version: string } = JSON.parse(text);
  return said;
}

function buildProgram(cli: Cli): Command {
  const program = new Command('fleet98')
    .description(
      'A shelf of old PCs as a fleet: inventory, deploy over FTP, run, collect tokens and timings.',
    )
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.io.stdout.write(text),
      writeErr: (text) => cli.io.stderr.write(text),
    })
    .showHelpAfterError('Say the same with --help to see what it takes.');
  addServeCommand(program);
  addMachineCommands(program, cli);
  addAgentsCommands(program, cli);
  addKitCommand(program, cli);
  addScanCommand(program, cli);
  addArtifactCommands(program, cli);
  addBundleCommands(program, cli);
  addDeployCommand(program, cli);
  addDeploymentsCommands(program, cli);
  addReceiptsCommand(program, cli);
  addRunCommand(program, cli);
  addRunsCommands(program, cli);
  addBenchCommands(program, cli);
  addBackupCommands(program, cli);
  addSimCommand(program, cli);
  addDemoCommand(program, cli);
  return program;
}

/** Runs one command line; gives the exit code. Never throws. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const cli = new Cli(io);
  try {
    await buildProgram(cli).parseAsync([...argv], { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const { text, exitCode } = explain(error);
    cli.note(text);
    return exitCode;
  }
}
