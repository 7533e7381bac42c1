import type { Command } from 'commander';
import type { Machine, MachineReport, NewMachine } from '../../contract/machines.ts';
import { collect, leaf, pairs, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import type { Client } from '../client.ts';
import { explain, ProblemError, UsageError } from '../failures.ts';
import { facts, table, when } from '../format.ts';
import { readAll } from '../pages.ts';
import { visibleLine } from '../visible.ts';

interface AddressOptions extends CommonOptions {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly passwordEnv?: string;
  readonly passwordStdin?: true;
  readonly spool?: string;
  readonly platform?: NewMachine['platform'];
  readonly label?: readonly string[];
}

/** What a machine is, in one line. */
const describeAgent = ({ agent }: Machine): string | undefined =>
  agent && [agent.os, agent.cpu, agent.mhz && `${agent.mhz} MHz`].filter(Boolean).join(', ');

function describe(machine: Machine): string {
  const { agent, server } = machine;
  return facts([
    ['name', machine.name],
    ['state', machine.state + (machine.held ? ', on hold' : '') + (machine.simulated ? ', simulated' : '')],
    ['health', machine.health],
    ['busy', machine.busy && `${machine.busy.owner} since ${when(machine.busy.since)}`],
    ['address', `${machine.host}:${machine.port} as ${machine.user}`],
    ['server', server?.banner],
    ['spool', machine.spool],
    ['platform', machine.platform ?? machine.agent?.platform],
    ['system', describeAgent(machine)],
    ['agent', agent && `${agent.agent} ${agent.version} (${agent.build})`],
    ['memory', agent?.ramKb && `${Math.round(agent.ramKb / 1024)} MiB`],
    ['free disk', agent?.diskFreeKb && `${Math.round(agent.diskFreeKb / 1024)} MiB`],
    ['clock', agent && `${agent.clock}${agent.stepUs ? `, step ${agent.stepUs / 1000} ms` : ''}`],
    [
      'labels',
      Object.entries(machine.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
    ],
    ['last contact', when(machine.lastContactAt)],
    ['last error', machine.lastError && `${machine.lastError.code}: ${machine.lastError.detail}`],
  ]);
}

async function readPassword(cli: Cli): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of cli.io.stdin) {
    chunks.push(Buffer.from(chunk));
    if (chunks.length > 64) throw new UsageError('the password on standard input is too long');
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

async function addressFields(cli: Cli, options: AddressOptions) {
  return {
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.passwordEnv === undefined ? {} : { passwordEnv: options.passwordEnv }),
    ...(options.passwordStdin ? { password: await readPassword(cli) } : {}),
    ...(options.spool === undefined ? {} : { spool: options.spool }),
    ...(options.platform === undefined ? {} : { platform: options.platform }),
    ...(options.label === undefined ? {} : { labels: pairs(options.label) }),
  };
}

async function addMachine(cli: Cli, name: string, host: string, options: AddressOptions): Promise<void> {
  const client = cli.client(options);
  const body = { name, host, ...(await addressFields(cli, options)) };
  const machine = await client.call('registerMachine', { body });
  try {
    const probed = await client.call('probeMachine', { params: { name }, body: {} });
    const next = 'Next: fleet98 bundle create, then fleet98 run BUNDLE ' + visibleLine(name) + ' --deploy';
    cli.print(options, probed, () => `${describe(probed)}\n${next}\n`);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    cli.print(options, machine, () => `${visibleLine(name)} is registered, but could not be probed.\n`);
    cli.note(explain(error).text);
    cli.note(`Then say: fleet98 machine probe ${name}`);
    cli.fail();
  }
}

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
            machine.busy?.owner,
            machine.platform ?? machine.agent?.platform,
            `${machine.host}:${machine.port}`,
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

const addAddressOptions = (command: Command): Command =>
  command
    .option('--port <port>', 'port of its FTP server (21)', wholeNumber)
    .option('--user <user>', 'FTP user (anonymous)')
    .option('--password-env <variable>', 'variable of the daemon that holds the password')
    .option('--password-stdin', 'read the password from standard input')
    .option('--spool <path>', 'FTP path of the spool folder, when it is not found by itself')
    .option('--platform <platform>', 'win9x, winnt, msdos, linux or unix, when the agent does not tell')
    .option('--label <key=value>', 'a label; repeat for more', collect);

/** Commands that say where a machine is and how to log in there. */
function addAddressCommands(cli: Cli, machine: Command): void {
  addAddressOptions(leaf(machine, 'add <name> <host>', 'register a machine and probe it')).action(
    (name: string, host: string, options: AddressOptions) => addMachine(cli, name, host, options),
  );
  addAddressOptions(leaf(machine, 'set <name>', 'change how a machine is reached; labels are replaced'))
    .option('--host <host>', 'its address')
    .action(async (name: string, options: AddressOptions) => {
      const body = await addressFields(cli, options);
      if (Object.keys(body).length === 0)
        throw new UsageError('say what to change, e.g. --host or --password-stdin');
      const changed = await cli.client(options).call('changeMachine', { params: { name }, body });
      cli.print(options, changed, () => describe(changed));
    });
}

/** `machine …` and `why`. */
export function addMachineCommands(program: Command, cli: Cli): void {
  const machine = program.command('machine').description('the inventory of old machines');
  addAddressCommands(cli, machine);
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
  leaf(machine, 'rm <name>', 'retire a machine').action(async (name: string, options: CommonOptions) => {
    await cli.client(options).call('removeMachine', { params: { name } });
    cli.print(options, { removed: name }, () => `${visibleLine(name)} is retired.\n`);
  });
  for (const parent of [machine, program]) {
    leaf(parent, 'why <name>', 'last contact, last FTP lines, and what to look at').action(
      (name: string, options: CommonOptions) => why(cli, name, options),
    );
  }
}
