import type { Command } from 'commander';
import type { Deployment, DeploymentSummary, Target } from '../../contract/deployments.ts';
import { leaf, wholeNumber, type Cli, type CommonOptions } from '../cli.ts';
import { facts, size, table, when, type Cell } from '../format.ts';
import { followDeployment } from '../follow-deployment.ts';
import { readSome } from '../pages.ts';

interface ListOptions extends CommonOptions {
  readonly machine?: string;
  readonly bundle?: string;
  readonly limit: number;
  readonly follow?: true;
}

const countsOf = ({ counts }: DeploymentSummary): string =>
  Object.entries(counts)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');

const targetRow = (target: Target): Cell[] => [
  target.machine,
  target.state,
  `${size(target.bytesSent)} of ${size(target.bytesTotal)}`,
  target.proven === false ? `${target.proof} (unproven)` : target.proof,
  target.state === 'waiting' ? when(target.notBefore) : undefined,
  target.code === undefined ? undefined : `${target.code}: ${target.detail ?? ''}`,
];

function describe(deployment: Deployment): string {
  const head = facts([
    ['deployment', `${deployment.id} of ${deployment.bundle}`],
    ['state', deployment.state],
    ['asked by', deployment.requestedBy],
    ['created', when(deployment.createdAt)],
  ]);
  const heads = ['MACHINE', 'STATE', 'SENT', 'PROOF', 'NEXT TRY', 'ERROR'];
  return `${head}\n${table(heads, deployment.targets.map(targetRow))}`;
}

async function show(cli: Cli, id: number, options: ListOptions): Promise<void> {
  const client = cli.client(options);
  const deployment = await client.call('showDeployment', { params: { id } });
  if (options.follow) return followDeployment(cli, client, deployment, options);
  cli.print(options, deployment, () => describe(deployment));
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const client = cli.client(options);
  const { machine, bundle } = options;
  const found = await readSome(options.limit, (page) =>
    client.call('listDeployments', { query: { machine, bundle, ...page } }),
  );
  cli.print(options, found, () =>
    table(
      ['DEPLOYMENT', 'BUNDLE', 'STATE', 'MACHINES', 'ASKED BY', 'CREATED'],
      found.map((item) => [
        item.id,
        item.bundle,
        item.state,
        countsOf(item),
        item.requestedBy,
        when(item.createdAt),
      ]),
    ),
  );
}

/** `deployments`. */
export function addDeploymentsCommands(program: Command, cli: Cli): void {
  const deployments = leaf(program, 'deployments', 'list deployments, newest first, or show one')
    .argument('[id]', 'a deployment', wholeNumber)
    .option('--machine <name>', 'only those to this machine')
    .option('--bundle <name>', 'only those of this bundle, or bundle@version')
    .option('--limit <n>', 'how many', wholeNumber, 20)
    .option('-f, --follow', 'with an ID: go on showing it until it has ended')
    .action((id: number | undefined, options: ListOptions) =>
      id === undefined ? list(cli, options) : show(cli, id, options),
    );
  leaf(deployments, 'cancel', 'send nothing more of a deployment')
    .argument('<id>', 'a deployment', wholeNumber)
    .action(async (id: number, _: CommonOptions, command: Command) => {
      // `deployments` has the same options, and takes them for itself.
      const options = command.optsWithGlobals<CommonOptions>();
      const canceled = await cli.client(options).call('cancelDeployment', { params: { id }, body: {} });
      cli.print(options, canceled, () => `deployment ${canceled.id} is ${canceled.state}\n`);
    });
}
