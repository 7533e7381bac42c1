import type { Command } from 'commander';
import { leaf, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import { describe } from '../describe-machine.ts';
import { UsageError } from '../failures.ts';
import { visibleLine } from '../visible.ts';

interface MoveOptions extends CommonOptions {
  readonly port?: number;
}

/** The new address is kept only when the machine itself, by its id, answers there. */
async function move(cli: Cli, name: string, host: string, options: MoveOptions): Promise<void> {
  const client = cli.client(options);
  const params = { name };
  const before = await client.call('showMachine', { params });
  if (before.transport === 'depot') {
    throw new UsageError(`${visibleLine(name)} comes by itself: where from is learned when it comes`);
  }
  await client.call('changeMachine', { params, body: { host, port: options.port ?? before.port } });
  try {
    const probed = await client.call('probeMachine', { params, body: {} });
    cli.print(options, probed, () => describe(probed));
  } catch (error) {
    await client.call('changeMachine', { params, body: { host: before.host, port: before.port } });
    cli.note(`${name} is still registered at ${before.host}:${before.port}.`);
    throw error;
  }
}

async function rename(cli: Cli, name: string, newName: string, options: CommonOptions): Promise<void> {
  const renamed = await cli
    .client(options)
    .call('changeMachine', { params: { name }, body: { name: newName } });
  cli.print(options, renamed, () => describe(renamed));
}

/** Where a machine is, and what it is called, on a person's word. */
export function addMoveCommands(cli: Cli, machine: Command): void {
  leaf(
    machine,
    'move <name> <host>',
    'a machine has another address now, if it is the one that answers there',
  )
    .option('--port <port>', 'and another port of its FTP server', wholeNumber)
    .action((name: string, host: string, options: MoveOptions) => move(cli, name, host, options));
  leaf(machine, 'rename <name> <new-name>', 'call a machine something else; its history stays').action(
    (name: string, newName: string, options: CommonOptions) => rename(cli, name, newName, options),
  );
}
