import { readFile, writeFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import type { Machine, NewMachine } from '../../contract/machines.ts';
import { leaf, type Cli, type CommonOptions } from '../cli.ts';
import type { Client } from '../client.ts';
import { explain, ProblemError, UsageError } from '../failures.ts';
import { machineCount, table } from '../format.ts';
import {
  formatOf,
  inventoryOf,
  parseInventory,
  writeInventory,
  type InventoryEntry,
  type InventoryFormat,
} from '../inventory-file.ts';
import { readAll } from '../pages.ts';
import { visibleLine } from '../visible.ts';

interface ImportOptions extends CommonOptions {
  readonly format?: InventoryFormat;
  readonly update?: true;
  readonly dryRun?: true;
  readonly probe?: true;
}

interface Outcome {
  readonly machine: string;
  readonly outcome: 'added' | 'changed' | 'unchanged' | 'differs' | 'failed';
  readonly detail?: string;
}

const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Probes wait for old machines, so several go at once. */
const PROBES_AT_ONCE = 8;

const readMachines = (client: Client): Promise<Machine[]> =>
  readAll((after) => client.call('listMachines', { query: { after, limit: 200 } }));

async function readInventory(path: string, format: InventoryFormat | undefined): Promise<InventoryEntry[]> {
  const chosen = format ?? formatOf(path);
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`${visibleLine(path)} cannot be read`);
  });
  if (text.length > MAX_FILE_BYTES)
    throw new UsageError(`${visibleLine(path)} is too large for an inventory`);
  return parseInventory(text, chosen);
}

const sortedText = (record: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(record).toSorted(([a], [b]) => a.localeCompare(b)));

/** The fields in which the file differs from the machine as it is. A password cannot be compared: it counts as one. */
function differences(wanted: NewMachine, there: Machine): string[] {
  const { name: _, labels, password, ...plain } = wanted;
  const changed = Object.entries(plain).filter(([key, value]) => Reflect.get(there, key) !== value);
  return [
    ...changed.map(([key]) => key),
    ...(labels !== undefined && sortedText(labels) !== sortedText(there.labels) ? ['labels'] : []),
    ...(password !== undefined ? ['password'] : []),
  ];
}

/** Brings one machine of the file into the inventory, or says what would be done. */
async function importOne(
  client: Client,
  { machine }: InventoryEntry,
  there: Machine | undefined,
  options: ImportOptions,
): Promise<Outcome> {
  const { name, transport, ...rest } = machine;
  try {
    if (!there) {
      if (!options.dryRun) await client.call('registerMachine', { body: machine });
      return { machine: name, outcome: 'added' };
    }
    const changed = differences(machine, there);
    if (changed.length === 0) return { machine: name, outcome: 'unchanged' };
    const detail = changed.join(', ');
    if (!options.update) return { machine: name, outcome: 'differs', detail };
    // The daemon says what it thinks of another transport.
    const change = transport === there.transport ? rest : { ...rest, transport };
    if (!options.dryRun) await client.call('changeMachine', { params: { name }, body: change });
    return { machine: name, outcome: 'changed', detail };
  } catch (error) {
    return failed(name, error);
  }
}

function failed(name: string, error: unknown): Outcome {
  if (!(error instanceof ProblemError)) throw error;
  return { machine: name, outcome: 'failed', detail: `${error.problem.code}: ${error.problem.detail}` };
}

async function probeAll(cli: Cli, client: Client, names: readonly string[]): Promise<Outcome[]> {
  const waiting = [...names];
  const outcomes: Outcome[] = [];
  const worker = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      try {
        await client.call('probeMachine', { params: { name }, body: {} });
      } catch (error) {
        outcomes.push(failed(name, error));
        cli.note(`${name}: ${explain(error).text}`);
      }
    }
  };
  await Promise.all(Array.from({ length: PROBES_AT_ONCE }, worker));
  return outcomes;
}

async function importMachines(cli: Cli, path: string, options: ImportOptions): Promise<void> {
  const entries = await readInventory(path, options.format);
  const client = cli.client(options);
  const there = new Map((await readMachines(client)).map((machine) => [machine.name, machine]));
  const outcomes: Outcome[] = [];
  for (const entry of entries) {
    outcomes.push(await importOne(client, entry, there.get(entry.machine.name), options));
  }
  if (options.probe && !options.dryRun) {
    const reached = outcomes.filter(({ outcome }) => outcome === 'added' || outcome === 'changed');
    outcomes.push(
      ...(await probeAll(
        cli,
        client,
        reached.map(({ machine }) => machine),
      )),
    );
  }
  cli.print(options, outcomes, () =>
    table(
      ['MACHINE', options.dryRun ? 'WOULD BE' : 'OUTCOME', 'DETAIL'],
      outcomes.map(({ machine, outcome, detail }) => [machine, outcome, detail]),
    ),
  );
  if (outcomes.some(({ outcome }) => outcome === 'differs')) {
    cli.note('What differs was left as it is; --update changes it.');
  }
  if (outcomes.some(({ outcome }) => outcome === 'failed' || outcome === 'differs')) cli.fail();
}

async function exportMachines(
  cli: Cli,
  path: string | undefined,
  options: CommonOptions & { readonly format?: InventoryFormat },
): Promise<void> {
  const format = options.format ?? (path === undefined ? 'yaml' : formatOf(path));
  const machines = await readMachines(cli.client(options));
  const kept = machines.filter(({ state }) => state !== 'retired');
  const text = writeInventory(kept, format);
  if (path === undefined) {
    cli.print(options, inventoryOf(kept), () => text);
  } else {
    await writeFile(path, text, { flag: 'wx' }).catch(() => {
      throw new UsageError(`${visibleLine(path)} cannot be made; an existing file is not replaced`);
    });
    cli.print(options, { file: path, machines: kept.length }, () => '');
  }
  cli.note(`${machineCount(kept.length)}; passwords are not in it`);
}

const formatOption = () => new Option('--format <format>', 'csv or yaml').choices(['csv', 'yaml']);

/** `machine import` and `machine export`. */
export function addInventoryCommands(cli: Cli, machine: Command): void {
  leaf(machine, 'import <file>', 'register the machines of a CSV or YAML file')
    .addOption(formatOption())
    .option('--update', 'change machines that are there already')
    .option('--dry-run', 'only say what would be done')
    .option('--probe', 'probe what was added or changed')
    .action((path: string, options: ImportOptions) => importMachines(cli, path, options));
  leaf(machine, 'export [file]', 'write the inventory as CSV or YAML, without passwords')
    .addOption(formatOption())
    .action((path: string | undefined, options: CommonOptions & { format?: InventoryFormat }) =>
      exportMachines(cli, path, options),
    );
}
