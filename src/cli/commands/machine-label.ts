import type { Command } from 'commander';
import { leaf, type Cli, type CommonOptions } from '../cli.ts';
import { describe } from '../describe-machine.ts';
import { UsageError } from '../failures.ts';
import { visibleLine } from '../visible.ts';

/** `KEY=VALUE` sets a label, `KEY-` takes it away. Pure: gives the labels as they shall be. */
export function changedLabels(
  labels: Readonly<Record<string, string>>,
  words: readonly string[],
): Record<string, string> {
  const changed = new Map(Object.entries(labels));
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals > 0) changed.set(word.slice(0, equals), word.slice(equals + 1));
    else if (equals < 0 && word.length > 1 && word.endsWith('-')) changed.delete(word.slice(0, -1));
    else throw new UsageError(`${visibleLine(word)} must be KEY=VALUE, or KEY- to take a label away`);
  }
  return Object.fromEntries(changed);
}

/** `machine label`. */
export function addLabelCommand(cli: Cli, machine: Command): void {
  leaf(machine, 'label <name> <labels...>', 'set labels with KEY=VALUE, take them away with KEY-').action(
    async (name: string, words: string[], options: CommonOptions) => {
      const client = cli.client(options);
      const { labels } = await client.call('showMachine', { params: { name } });
      const body = { labels: changedLabels(labels, words) };
      const changed = await client.call('changeMachine', { params: { name }, body });
      cli.print(options, changed, () => describe(changed));
    },
  );
}
