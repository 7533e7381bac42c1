import type { Command } from 'commander';
import type { Selector } from '../contract/selector.ts';
import { collect, pairs } from './cli.ts';
import { UsageError } from './failures.ts';

export interface SelectorOptions {
  readonly all?: true;
  readonly label?: readonly string[];
  readonly platform?: NonNullable<Extract<Selector, { platform: unknown }>>['platform'];
}

/** The options by which a command is told its machines, beside their names. */
export const addSelectorOptions = (command: Command): Command =>
  command
    .option('--all', 'all machines')
    .option('--label <key=value>', 'machines with this label; repeat for more', collect)
    .option('--platform <platform>', 'machines of a platform: win9x, winnt, msdos, linux, unix');

/** Which machines the command line means; exactly one way of saying it is taken. */
export function selectorOf(names: readonly string[], options: SelectorOptions): Selector {
  const said: Selector[] = [];
  if (names.length > 0) said.push({ names: [...names] });
  if (options.all) said.push('all');
  if (options.label) said.push({ labels: pairs(options.label) });
  if (options.platform) said.push({ platform: options.platform });
  const [selector] = said;
  if (!selector || said.length > 1) {
    throw new UsageError('say which machines: their names, --all, --label KEY=VALUE or --platform P');
  }
  return selector;
}
