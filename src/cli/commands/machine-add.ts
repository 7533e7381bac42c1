import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Machine, NewMachine } from '../../contract/machines.ts';
import { ask, askFor, canAsk } from '../ask.ts';
import { collect, leaf, pairs, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import type { Client } from '../client.ts';
import { describe } from '../describe-machine.ts';
import { explain, ProblemError, UsageError } from '../failures.ts';
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
  readonly byHand?: true;
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

/** What a person can still say after a probe failed; undefined when the error is not of that kind. */
async function askMore(
  cli: Cli,
  error: ProblemError,
): Promise<{ user: string; password: string } | { spool: string } | undefined> {
  switch (error.problem.code) {
    case 'LOGIN_REFUSED': {
      cli.note(error.problem.detail);
      const user = await askFor(cli.io, 'FTP user: ');
      return { user, password: await ask(cli.io, 'Password: ', { hidden: true }) };
    }
    case 'SPOOL_NOT_FOUND':
      cli.note(error.problem.detail);
      return { spool: await askFor(cli.io, 'FTP path of the folder with AGENT.EXE (e.g. /C/FLEET98): ') };
    default:
      return undefined;
  }
}

/** Probes a new machine; a person at a terminal is asked for what turns out to be missing. */
async function probeAsking(
  cli: Cli,
  client: Client,
  name: string,
  options: AddressOptions,
): Promise<Machine> {
  for (;;) {
    try {
      // Old machines, and those that are off, take their time.
      if (!options.json && cli.io.stderr.isTTY) cli.note(`Asking ${name} what it is …`);
      return await client.call('probeMachine', { params: { name }, body: {} });
    } catch (error) {
      if (!(error instanceof ProblemError) || options.json || !canAsk(cli.io)) throw error;
      const more = await askMore(cli, error);
      if (!more) throw error;
      await client.call('changeMachine', { params: { name }, body: more });
    }
  }
}

async function wordFor(cli: Cli, given: string | undefined, question: string): Promise<string> {
  if (given !== undefined) return given;
  if (!canAsk(cli.io)) throw new UsageError('give the machine’s NAME and HOST');
  return askFor(cli.io, question);
}

async function addMachine(
  cli: Cli,
  given: { name: string | undefined; host: string | undefined },
  options: AddressOptions,
): Promise<void> {
  const client = cli.client(options);
  const name = await wordFor(cli, given.name, 'Name for the machine (e.g. attic-p2): ');
  if (options.byHand) return addWithoutCable(cli, client, name, given.host, options);
  const host = await wordFor(cli, given.host, 'Its address (e.g. 192.168.1.98): ');
  const body = { name, host, ...(await addressFields(cli, options)) };
  const machine = await client.call('registerMachine', { body });
  try {
    const probed = await probeAsking(cli, client, name, options);
    const next = 'Next: fleet98 bundle create, then fleet98 run BUNDLE ' + visibleLine(name) + ' --deploy';
    cli.print(options, probed, () => `${describe(probed)}\n${next}\n`);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    cli.print(options, machine, () => `${visibleLine(name)} is registered, but could not be probed.\n`);
    cli.note(explain(error).text);
    cli.note(
      `Then say: fleet98 machine probe ${name} (fleet98 machine set ${name} changes how it is reached)`,
    );
    cli.fail();
  }
}

/** Nobody ever logs in as it: its login is drawn and forgotten, until it joins with a cable (`machine rejoin`). */
async function addWithoutCable(
  cli: Cli,
  client: Client,
  name: string,
  host: string | undefined,
  options: AddressOptions,
): Promise<void> {
  if (host !== undefined) throw new UsageError('a machine with --by-hand has no HOST');
  const fields = await addressFields(cli, options);
  const body = { name, ...fields, transport: 'depot', password: randomUUID() };
  const machine = await client.call('registerMachine', { body });
  cli.print(
    options,
    machine,
    () => `${describe(machine)}\nNext: fleet98 bundle disks NAME FOLDER, then fleet98 run import FILE\n`,
  );
}

const addAddressOptions = (command: Command): Command =>
  command
    .option('--port <port>', 'port of its FTP server (21)', wholeNumber)
    .option('--user <user>', 'FTP user (anonymous)')
    .option('--password-env <variable>', 'FLEET98_PASSWORD_… variable of the daemon that holds the password')
    .option('--password-stdin', 'read the password from standard input')
    .option('--spool <path>', 'FTP path of the spool folder, when it is not found by itself')
    .option('--platform <platform>', 'win9x, winnt, msdos, linux or unix, when the agent does not tell')
    .option('--label <key=value>', 'a label; repeat for more', collect);

/** Commands that say where a machine is and how to log in there. */
export function addAddressCommands(cli: Cli, machine: Command): void {
  addAddressOptions(
    leaf(machine, 'add [name] [host]', 'register a machine and probe it; asks for what is missing'),
  )
    .option('--by-hand', 'it has no cable: bundles go there on disks, logs come back by `run import`')
    .action((name: string | undefined, host: string | undefined, options: AddressOptions) =>
      addMachine(cli, { name, host }, options),
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
