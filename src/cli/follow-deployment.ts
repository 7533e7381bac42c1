import type { Deployment } from '../contract/deployments.ts';
import type { Cli, CommonOptions } from './cli.ts';
import type { Client } from './client.ts';
import { DeployProgress } from './deploy-progress.ts';
import { untilInterrupted } from './interruption.ts';
import { watchDeployment } from './watch-deployment.ts';

/** Shows a deployment until it has ended, or until Ctrl-C: then it goes on without being shown. */
export async function followDeployment(
  cli: Cli,
  client: Client,
  started: Deployment,
  options: CommonOptions,
): Promise<void> {
  const { id } = started;
  const progress = new DeployProgress(cli.io.stderr);
  const ended = await untilInterrupted((signal) =>
    watchDeployment(client.until(signal), started, (deployment) => progress.show(deployment, Date.now())),
  );
  if (!ended) {
    cli.note(
      `Deployment ${id} goes on. Look again: fleet98 deployments ${id} -f; end it: fleet98 deployments cancel ${id}`,
    );
    return cli.fail();
  }
  const counts = Object.entries(ended.counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');
  cli.print(options, ended, () => `deployment ${id} of ${ended.bundle} ${ended.state}: ${counts}\n`);
  if (ended.state === 'done') return;
  const failed = ended.targets.find(({ state }) => state === 'failed');
  if (failed) cli.note(`What to look at: fleet98 why ${failed.machine}`);
  cli.fail();
}
