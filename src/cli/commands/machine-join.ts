import type { Command } from 'commander';
import type { Machine, WaitingList } from '../../contract/machines.ts';
import { leaf, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import { describe } from '../describe-machine.ts';
import { explain, ProblemError, UsageError } from '../failures.ts';
import { table, when } from '../format.ts';
import { visibleLine } from '../visible.ts';

interface ApproveOptions extends CommonOptions {
  readonly code?: string;
}

const megabytes = (kilobytes: number | undefined): string | undefined =>
  kilobytes === undefined ? undefined : `${Math.round(kilobytes / 1024)} MB`;

const describeWaiting = (items: WaitingList['items']): string =>
  items.length === 0
    ? 'No machine waits. One that is to join types JOIN; fleet98 serve --lan has README.TXT for it.\n'
    : table(
        ['CODE', 'NAME', 'ADDRESS', 'SYSTEM', 'CPU', 'RAM', 'SINCE', 'SEEN'],
        items.map(({ code, name, address, agent, since, seen }) => [
          code,
          visibleLine(name),
          address,
          visibleLine(agent.os),
          visibleLine(agent.cpu),
          megabytes(agent.ramKb),
          when(since),
          when(seen),
        ]),
      );

/** Lets a machine that waits in, and asks it what it is; that lasts until it comes again. */
async function approve(cli: Cli, name: string, options: ApproveOptions, again: boolean): Promise<void> {
  const { code } = options;
  if (code === undefined || !/^\d{4}$/.test(code)) {
    throw new UsageError('say --code with the four digits on the screen of the machine');
  }
  const client = cli.client(options);
  const params = { name };
  const machine = await client.call('approveMachine', { params, body: { code, again } });
  if (!options.json && cli.io.stderr.isTTY) cli.note(`Waiting until ${visibleLine(name)} comes again …`);
  let probed: Machine = machine;
  try {
    probed = await client.call('probeMachine', { params, body: {} });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    cli.note(explain(error).text);
    cli.note(`It is registered. When it comes again: fleet98 machine probe ${visibleLine(name)}`);
    cli.fail();
  }
  const next = `Next: fleet98 run starter ${visibleLine(name)} -i "Once upon a time"`;
  cli.print(options, probed, () => `${describe(probed)}\n${next}\n`);
}

async function lookAround(
  cli: Cli,
  options: CommonOptions & { network?: string; port?: number },
): Promise<void> {
  const { network, port } = options;
  if (!options.json && cli.io.stderr.isTTY) cli.note('Looking, slowly …');
  const body = { ...(network !== undefined && { network }), ...(port !== undefined && { port }) };
  const { items } = await cli.client(options).call('scan', { body });
  cli.print(options, items, () =>
    items.length === 0
      ? 'Nobody there greets as an FTP server does.\n'
      : table(
          ['ADDRESS', 'MACHINE', 'GREETING'],
          items.map(({ address, name, greeting }) => [address, name, visibleLine(greeting)]),
        ) + 'Next: fleet98 machine add NAME ADDRESS\n',
  );
}

/** `scan`: who is there. */
export function addScanCommand(program: Command, cli: Cli): void {
  leaf(program, 'scan', 'look who greets as an FTP server does in this host’s networks, slowly')
    .option('--network <network>', 'another network, such as 192.168.98.0/24')
    .option('--port <port>', 'another port than 21', wholeNumber)
    .action((options: CommonOptions & { network?: string; port?: number }) => lookAround(cli, options));
}

const addCode = (command: Command): Command =>
  command.option('--code <code>', 'the four digits on the screen of the machine');

/** Machines that come by themselves. */
export function addJoinCommands(cli: Cli, machine: Command): void {
  leaf(machine, 'waiting', 'machines that want to join').action(async (options: CommonOptions) => {
    const { items } = await cli.client(options).call('listWaiting', {});
    cli.print(options, items, () => describeWaiting(items));
  });
  addCode(leaf(machine, 'approve <name>', 'let a machine that waits join under this name')).action(
    (name: string, options: ApproveOptions) => approve(cli, name, options, false),
  );
  addCode(
    leaf(machine, 'rejoin <name>', 'a machine that waits is this one, with a new disk or a new system'),
  ).action((name: string, options: ApproveOptions) => approve(cli, name, options, true));
}
