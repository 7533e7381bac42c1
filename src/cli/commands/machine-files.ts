import type { Command } from 'commander';
import type { MachineCheck } from '../../contract/deployments.ts';
import type { AgentUpdated } from '../../contract/machines.ts';
import { leaf, type Cli, type CommonOptions } from '../cli.ts';
import { table } from '../format.ts';
import { visibleLine } from '../visible.ts';

const byWhat = (file: MachineCheck['bundles'][number]['files'][number]): string =>
  file.proven ? file.method : `${file.method} (unproven)`;

function describe({ machine, bundles, ok }: MachineCheck): string {
  if (bundles.length === 0) return `Nothing is placed on ${visibleLine(machine)}.\n`;
  const rows = bundles.flatMap(({ bundle, folder, marker, files }) => [
    ...files.map((file) => [bundle, `${folder}/${file.name}`, file.state, byWhat(file)]),
    ...(marker === 'ok' ? [] : [[bundle, `${folder}/BUNDLE.OK`, marker, undefined]]),
  ]);
  const damaged = bundles.filter((bundle) => !bundle.ok).map(({ bundle }) => bundle);
  const verdict = ok
    ? 'Everything is as it was placed.'
    : `Not as it was placed: ${damaged.join(', ')}. Deploy again to repair it.`;
  return `${table(['BUNDLE', 'FILE', 'STATE', 'BY'], rows)}${visibleLine(verdict)}\n`;
}

function describeUpdate({ machine, state, from, to }: AgentUpdated): string {
  const now = `${visibleLine(machine)} has agent ${visibleLine(to.version)} (${visibleLine(to.build)})`;
  return state === 'done'
    ? `${now} now; before: ${visibleLine(from.version)} (${visibleLine(from.build)}).\n`
    : `${now} already.\n`;
}

/** `machine verify`, `machine remove` and `machine agent`. */
export function addFileCommands(cli: Cli, machine: Command): void {
  leaf(machine, 'verify <name> [bundle]', 'measure what is placed on a machine, or one bundle of it').action(
    async (name: string, bundle: string | undefined, options: CommonOptions) => {
      const body = bundle === undefined ? {} : { bundle };
      const check = await cli.client(options).call('verifyMachine', { params: { name }, body });
      cli.print(options, check, () => describe(check));
      if (!check.ok) cli.fail();
    },
  );
  leaf(machine, 'agent <name>', 'put the ready-made agent in the place of the one that runs there').action(
    async (name: string, options: CommonOptions) => {
      const updated = await cli.client(options).call('updateAgent', { params: { name }, body: {} });
      cli.print(options, updated, () => describeUpdate(updated));
    },
  );
  leaf(machine, 'remove <name> <bundle>', 'take a bundle version from a machine').action(
    async (name: string, bundle: string, options: CommonOptions) => {
      const client = cli.client(options);
      const removed = await client.call('removeBundle', { params: { name }, body: { bundle } });
      cli.print(
        options,
        removed,
        () => `${visibleLine(removed.bundle)} is not on ${visibleLine(name)} now.\n`,
      );
    },
  );
}
