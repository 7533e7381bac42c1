import { parse as parseCsv } from 'csv-parse/sync';
import { stringify as stringifyCsv } from 'csv-stringify/sync';
import { parse as parseYaml, stringify as stringifyYaml } from 'yaml';
import { platformIds, transportNames } from '../contract/fields.ts';
import type { Machine, NewMachine } from '../contract/machines.ts';
import { UsageError } from './failures.ts';
import { visibleLine } from './visible.ts';

export type InventoryFormat = 'csv' | 'yaml';

/** One machine of a file, and where it stands there: for messages. */
export interface InventoryEntry {
  readonly where: string;
  readonly machine: NewMachine;
}

const columns = [
  'name',
  'transport',
  'host',
  'port',
  'user',
  'password',
  'password_env',
  'spool',
  'platform',
  'labels',
] as const;
type Column = (typeof columns)[number];
const exported = columns.filter((column) => column !== 'password');

const isColumn = (word: string): word is Column => (columns as readonly string[]).includes(word);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function formatOf(path: string): InventoryFormat {
  if (/\.csv$/i.test(path)) return 'csv';
  if (/\.ya?ml$/i.test(path)) return 'yaml';
  throw new UsageError(`${visibleLine(path)}: the name must end in .csv, .yaml or .yml, or give --format`);
}

/**
 * The machines of an inventory: CSV with a line of column names (labels as `KEY=VALUE;KEY=VALUE`), or YAML with a list
 * `machines`. Throws UsageError for what cannot be read, saying where. Values are judged by the daemon.
 */
export function parseInventory(text: string, format: InventoryFormat): InventoryEntry[] {
  const entries = format === 'csv' ? csvRecords(text) : yamlRecords(text);
  const seen = new Map<string, string>();
  return entries.map(({ where, record }) => {
    const machine = toMachine(record, where);
    const before = seen.get(machine.name);
    if (before !== undefined) {
      throw new UsageError(`${where}: ${visibleLine(machine.name)} is in ${before} already`);
    }
    seen.set(machine.name, where);
    return { where, machine };
  });
}

type Listed = Pick<Machine, 'name' | 'host' | 'port' | 'user' | 'labels'> &
  Pick<Partial<Machine>, 'transport' | 'passwordEnv' | 'spool' | 'platform'>;

/** What a file of machines holds. Passwords are not part of it: the daemon does not give them out. */
export const inventoryOf = (machines: readonly Listed[]) => ({
  machines: machines.map((machine) => ({
    name: machine.name,
    ...addressOf(machine),
    user: machine.user,
    ...(machine.passwordEnv !== undefined && { password_env: machine.passwordEnv }),
    ...(machine.spool !== undefined && { spool: machine.spool }),
    ...(machine.platform !== undefined && { platform: machine.platform }),
    ...(Object.keys(machine.labels).length > 0 && { labels: machine.labels }),
  })),
});

/** One that comes by itself has no address of its own: the last one that it came from says nothing. */
const addressOf = ({ transport, host, port }: Listed) =>
  transport === 'depot' ? { transport } : { host, port };

export function writeInventory(machines: readonly Listed[], format: InventoryFormat): string {
  const inventory = inventoryOf(machines);
  if (format === 'yaml') return stringifyYaml(inventory);
  const rows = inventory.machines.map(({ labels, ...rest }) => ({
    ...rest,
    labels: labelCell(rest.name, labels ?? {}),
  }));
  return stringifyCsv(rows, { header: true, columns: exported });
}

function labelCell(name: string, labels: Readonly<Record<string, string>>): string {
  const words = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  if (words.some((word) => word.includes(';'))) {
    throw new UsageError(`a label of ${visibleLine(name)} has a ; in it, which CSV cannot carry: use YAML`);
  }
  return words.join(';');
}

interface RawEntry {
  readonly where: string;
  readonly record: Record<string, unknown>;
}

function csvRecords(text: string): RawEntry[] {
  let rows: string[][];
  try {
    rows = parseCsv(text, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      comment: '#',
      comment_no_infix: true,
    });
  } catch (error) {
    throw new UsageError(`the CSV cannot be read: ${messageOf(error)}`);
  }
  const [heads = [], ...lines] = rows;
  return lines.map((cells, index) => ({
    where: `machine ${index + 1} of the file`,
    record: Object.fromEntries(heads.map((head, at) => [head, cells[at] || undefined])),
  }));
}

function yamlRecords(text: string): RawEntry[] {
  let document: unknown;
  try {
    document = parseYaml(text, { maxAliasCount: 0 });
  } catch (error) {
    throw new UsageError(`the YAML cannot be read: ${messageOf(error)}`);
  }
  const machines = isObject(document) ? document['machines'] : undefined;
  if (!Array.isArray(machines)) throw new UsageError('the YAML needs a list `machines:`');
  return machines.map((machine: unknown, index) => {
    const where = `machine ${index + 1} of the file`;
    if (!isObject(machine)) throw new UsageError(`${where} is not a group of settings`);
    return { where, record: machine };
  });
}

function toMachine(record: Record<string, unknown>, where: string): NewMachine {
  const unknown = Object.keys(record).find((key) => !isColumn(key));
  if (unknown !== undefined) {
    throw new UsageError(`${where}: ${visibleLine(unknown)} is not one of ${columns.join(', ')}`);
  }
  const word = (column: Column): string | undefined => {
    const value = record[column];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    throw new UsageError(`${where}: ${column} must be a text`);
  };
  const name = word('name');
  const transport = transportNames.find((known) => known === word('transport'));
  if (transport === undefined && word('transport') !== undefined) {
    throw new UsageError(`${where}: transport must be one of ${transportNames.join(', ')}`);
  }
  const host = word('host');
  if (name === undefined || (host === undefined && transport !== 'depot')) {
    throw new UsageError(`${where} needs a name and a host`);
  }
  const platform = platformIds.find((id) => id === word('platform'));
  if (platform === undefined && word('platform') !== undefined) {
    throw new UsageError(`${where}: platform must be one of ${platformIds.join(', ')}`);
  }
  const port = portOf(word('port'), where);
  const optional = { user: word('user'), password: word('password'), spool: word('spool') };
  const passwordEnv = word('password_env');
  return {
    name,
    ...(host !== undefined && { host }),
    ...(transport !== undefined && { transport }),
    ...(port !== undefined && { port }),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    ...(passwordEnv !== undefined && { passwordEnv }),
    ...(platform !== undefined && { platform }),
    ...(record['labels'] !== undefined && { labels: labelsOf(record['labels'], where) }),
  };
}

function portOf(text: string | undefined, where: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new UsageError(`${where}: port must be a number`);
}

function labelsOf(value: unknown, where: string): Record<string, string> {
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, label]) => [key, String(label)]));
  }
  if (typeof value !== 'string') throw new UsageError(`${where}: labels must be KEY=VALUE;KEY=VALUE`);
  const words = value.split(';').filter((word) => word.trim() !== '');
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=');
      if (equals < 1) throw new UsageError(`${where}: labels must be KEY=VALUE;KEY=VALUE`);
      return [word.slice(0, equals).trim(), word.slice(equals + 1).trim()];
    }),
  );
}

const messageOf = (error: unknown): string =>
  visibleLine(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
