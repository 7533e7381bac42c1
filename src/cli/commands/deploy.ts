import type { Command } from 'commander';
import type { Deployment, DeployPlan } from '../../contract/deployments.ts';
import { leaf, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import type { Client } from '../client.ts';
import { UsageError } from '../failures.ts';
import { describePlan } from '../describe-plan.ts';
import { followDeployment } from '../follow-deployment.ts';
import { addSelectorOptions, selectorOf, type SelectorOptions } from '../selector.ts';

interface DeployOptions extends CommonOptions, SelectorOptions {
  readonly detach?: true;
  readonly dryRun?: true;
  readonly rollback?: number;
}

async function follow(cli: Cli, client: Client, started: Deployment, options: DeployOptions): Promise<void> {
  if (!options.detach) return followDeployment(cli, client, started, options);
  const next = `Next: fleet98 deployments ${started.id} -f\n`;
  cli.print(
    options,
    started,
    () => `deployment ${started.id} of ${started.bundle} ${started.state}\n${next}`,
  );
}

async function showPlan(cli: Cli, client: Client, body: object, options: DeployOptions): Promise<void> {
  const response = await client.open('deploy', { query: { dryRun: 'true' }, body });
  const plan: DeployPlan = JSON.parse(await response.text());
  cli.print(options, plan, () => describePlan(plan));
  if (plan.machines.some((machine) => machine.blocked)) cli.fail();
}

async function deploy(
  cli: Cli,
  bundle: string | undefined,
  names: readonly string[],
  options: DeployOptions,
): Promise<void> {
  const client = cli.client(options);
  const { rollback: id } = options;
  if (id !== undefined) {
    const alone =
      bundle === undefined && !options.dryRun && !options.all && !options.label && !options.platform;
    if (!alone)
      throw new UsageError('--rollback ID takes no bundle and no machines: it goes back on those of ID');
    return follow(
      cli,
      client,
      await client.call('rollBackDeployment', { params: { id }, body: {} }),
      options,
    );
  }
  if (bundle === undefined) throw new UsageError('say which bundle, as NAME or NAME@VERSION');
  const body = { bundle, machines: selectorOf(names, options) };
  if (options.dryRun) return showPlan(cli, client, body, options);
  await follow(cli, client, await client.call('deploy', { body }), options);
}

/** `deploy`. */
export function addDeployCommand(program: Command, cli: Cli): void {
  addSelectorOptions(leaf(program, 'deploy [bundle] [machines...]', 'bring a bundle to machines'))
    .option('--detach', 'do not wait for the end')
    .option('--dry-run', 'only say what would be sent, and how long that takes')
    .option('--rollback <id>', 'go back to the version that was there before deployment ID', wholeNumber)
    .action((bundle: string | undefined, machines: string[], options: DeployOptions) =>
      deploy(cli, bundle, machines, options),
    );
}
