import type { Command } from 'commander';
import { leaf, type Cli, type CommonOptions } from '../cli.ts';
import { DeployProgress } from '../deploy-progress.ts';
import { addSelectorOptions, selectorOf, type SelectorOptions } from '../selector.ts';
import { watchDeployment } from '../watch-deployment.ts';

interface DeployOptions extends CommonOptions, SelectorOptions {
  readonly detach?: true;
}

async function deploy(
  cli: Cli,
  bundle: string,
  names: readonly string[],
  options: DeployOptions,
): Promise<void> {
  const client = cli.client(options);
  const started = await client.call('deploy', { body: { bundle, machines: selectorOf(names, options) } });
  if (options.detach) {
    cli.print(options, started, () => `deployment ${started.id} of ${started.bundle} ${started.state}\n`);
    return;
  }
  const progress = new DeployProgress(cli.io.stderr);
  const ended = await watchDeployment(client, started, (deployment) => progress.show(deployment, Date.now()));
  const counts = Object.entries(ended.counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');
  cli.print(options, ended, () => `deployment ${ended.id} of ${ended.bundle} ${ended.state}: ${counts}\n`);
  if (ended.state !== 'done') cli.fail();
}

/** `deploy`. */
export function addDeployCommand(program: Command, cli: Cli): void {
  addSelectorOptions(leaf(program, 'deploy <bundle> [machines...]', 'bring a bundle to machines'))
    .option('--detach', 'do not wait for the end')
    .action((bundle: string, machines: string[], options: DeployOptions) =>
      deploy(cli, bundle, machines, options),
    );
}
