import type { Command } from 'commander';
import type { Machine, MachineReport } from '../../contract/machines.ts';
import { leaf, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import type { Client } from '../client.ts';
import { describe, describeAddress, describeAgent, describeAway } from '../describe-machine.ts';
import { table, when } from '../format.ts';
import { readAll } from '../pages.ts';
import { visibleLine } from '../visible.ts';
import { addAddressCommands } from './machine-add.ts';
import { addInventoryCommands } from './machine-inventory.ts';
import { addFileCommands } from './machine-files.ts';
import { addJoinCommands } from './machine-join.ts';
import { addMoveCommands } from './machine-move.ts';
import { addLabelCommand } from './machine-label.ts';

async function listMachines(cli: Cli, options: CommonOptions & { label?: string }): Promise<void> {
  const client = cli.client(options);
  const machines = await readAll((after) =>
    client.call('listMachines', { query: { after, limit: 200, label: options.label } }),
  );
  const heads = ['NAME', 'STATE', 'HEALTH', 'BUSY', 'PLATFORM', 'ADDRESS', 'SYSTEM', 'LAST CONTACT'];
  cli.print(options, machines, () =>
    machines.length === 0
      ? 'No machines yet. Next: fleet98 machine add NAME HOST\n'
      : table(
          heads,
          machines.map((machine) => [
            machine.name,
            machine.held ? `${machine.state} (hold)` : machine.state,
            machine.health,
            [machine.busy?.owner, describeAway(machine)].filter(Boolean).join(': ') || undefined,
            machine.platform ?? machine.agent?.platform,
            describeAddress(machine),
            describeAgent(machine),
            when(machine.lastContactAt),
          ]),
        ),
  );
}

const part = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${visibleLine(line)}\n`).join('')}`;

const describeReport = ({ machine, transcript, advice }: MachineReport): string =>
  describe(machine) + part('last FTP lines', transcript) + part('what to look at', advice);

async function why(cli: Cli, name: string, options: CommonOptions): Promise<void> {
  const report = await cli.client(options).call('explainMachine', { params: { name } });
  cli.print(options, report, () => describeReport(report));
}

async function history(cli: Cli, name: string, options: CommonOptions & { limit?: number }): Promise<void> {
  const { items } = await cli
    .client(options)
    .call('readMachineHistory', { params: { name }, query: { limit: options.limit ?? 20 } });
  cli.print(options, items, () =>
    table(
      ['AT', 'WHAT', 'WITH', 'STATE', 'CODE', 'ASKED BY'],
      items.map((item) => [
        when(item.at),
        `${item.kind} ${item.id}`,
        item.bundle ?? (item.agent && `agent ${item.agent.from.build} to ${item.agent.to.build}`),
        item.state,
        item.code,
        item.requestedBy,
      ]),
    ),
  );
}

/** Commands that ask one thing of one machine and show it. */
function addOneMachine(
  cli: Cli,
  parent: Command,
  spec: string,
  summary: string,
  ask: (client: Client, name: string) => Promise<Machine>,
): void {
  leaf(parent, `${spec} <name>`, summary).action(async (name: string, options: CommonOptions) => {
    const machine = await ask(cli.client(options), name);
    cli.print(options, machine, () => describe(machine));
  });
}

/** `machine …` and `why`. */
export function addMachineCommands(program: Command, cli: Cli): void {
  const machine = program.command('machine').description('the inventory of old machines');
  addAddressCommands(cli, machine);
  addInventoryCommands(cli, machine);
  addJoinCommands(cli, machine);
  addMoveCommands(cli, machine);
  addLabelCommand(cli, machine);
  addFileCommands(cli, machine);
  leaf(machine, 'list', 'list machines')
    .option('--label <key=value>', 'only those with this label')
    .action((options: CommonOptions & { label?: string }) => listMachines(cli, options));
  addOneMachine(cli, machine, 'show', 'show a machine', (client, name) =>
    client.call('showMachine', { params: { name } }),
  );
  addOneMachine(cli, machine, 'probe', 'ask a machine what it is', (client, name) =>
    client.call('probeMachine', { params: { name }, body: {} }),
  );
  addOneMachine(
    cli,
    machine,
    'adopt',
    'take a machine over that has another owner or lost its id',
    (client, name) => client.call('probeMachine', { params: { name }, body: { adopt: true } }),
  );
  leaf(machine, 'hold <name>', 'start no new work on a machine')
    .option('--off', 'lift the hold')
    .action(async (name: string, options: CommonOptions & { off?: true }) => {
      const held = await cli
        .client(options)
        .call('holdMachine', { params: { name }, body: { held: !options.off } });
      cli.print(options, held, () => describe(held));
    });
  addOneMachine(cli, machine, 'retire', 'send no more work to a machine; its history stays', (client, name) =>
    client.call('retireMachine', { params: { name }, body: {} }),
  );
  addOneMachine(cli, machine, 'restore', 'take a retired machine back into service', (client, name) =>
    client.call('restoreMachine', { params: { name }, body: {} }),
  );
  leaf(machine, 'rm <name>', 'forget a machine that nothing was done with').action(
    async (name: string, options: CommonOptions) => {
      await cli.client(options).call('removeMachine', { params: { name } });
      cli.print(options, { removed: name }, () => `${visibleLine(name)} is forgotten.\n`);
    },
  );
  leaf(machine, 'history <name>', 'what was done with a machine, newest first')
    .option('-n, --limit <count>', 'how many lines (20)', wholeNumber)
    .action((name: string, options: CommonOptions & { limit?: number }) => history(cli, name, options));
  for (const parent of [machine, program]) {
    leaf(parent, 'why <name>', 'last contact, last FTP lines, and what to look at').action(
      (name: string, options: CommonOptions) => why(cli, name, options),
    );
  }
}
