import type { Benchmark } from '../../contract/benchmarks.ts';
import type { Bundle } from '../../contract/bundles.ts';
import type { Deployment } from '../../contract/deployments.ts';
import type { Machine } from '../../contract/machines.ts';
import type { Run, RunSummary } from '../../contract/runs.ts';
import { BenchProgress } from '../bench-progress.ts';
import { benchmarkTable } from '../bench-table.ts';
import type { Argument } from '../bundle-spec.ts';
import type { Client } from '../client.ts';
import { watchRuns } from '../commands/run.ts';
import { DeployProgress } from '../deploy-progress.ts';
import { rate, size, table } from '../format.ts';
import type { Output } from '../io.ts';
import { TokenPrinter } from '../token-printer.ts';
import { uploadFile } from '../upload.ts';
import { watchBenchmark } from '../watch-benchmark.ts';
import { watchDeployment } from '../watch-deployment.ts';
import type { DemoFleet, DemoPc } from './fleet.ts';

export interface DemoResult {
  readonly machines: readonly Machine[];
  readonly deployments: readonly Deployment[];
  readonly runs: readonly Run[];
  readonly benchmark: Benchmark;
}

const parameters = { prompt: 'Once upon a time', temperature: 0 };

/** Few and short, as the slowest of the PCs writes three tokens a second; yet the fastest has to last a fifth of one. */
const BENCHMARK = { steps: 24, repetitions: 2, warmUps: 1 };

const args: Argument[] = [
  'LLAMA2C.MJS',
  'MODEL.BIN',
  '-z',
  'TOK.BIN',
  { name: 'temperature', type: 'number', flag: '-t', default: 1, min: 0 },
  { name: 'topp', type: 'number', flag: '-p', default: 0.9, min: 0, max: 1 },
  { name: 'seed', type: 'integer', flag: '-s', min: 1 },
  { name: 'steps', type: 'integer', flag: '-n', default: 256, min: 0 },
  { name: 'prompt', type: 'text', flag: '-i', default: '' },
];

async function register(client: Client, pcs: readonly DemoPc[], output: Output): Promise<Machine[]> {
  for (const { name, host, port, user, password, spool } of pcs) {
    await client.call('registerMachine', {
      body: { name, host, port, user, password, spool, labels: { demo: 'yes' } },
    });
  }
  const machines = await Promise.all(
    pcs.map(({ name }) => client.call('probeMachine', { params: { name }, body: {} })),
  );
  output.write(
    table(
      ['MACHINE', 'SYSTEM', 'CPU', 'MEMORY', 'SERVER'],
      machines.map(({ name, agent, server }) => [
        name,
        agent?.os,
        agent?.cpu,
        agent?.ramKb === undefined ? undefined : `${Math.round(agent.ramKb / 1024)} MiB`,
        server?.banner.split('\n')[0]?.trim(),
      ]),
    ),
  );
  return machines;
}

async function createBundle(client: Client, fleet: DemoFleet, output: Output): Promise<Bundle> {
  const files = [];
  for (const { name, path } of fleet.files) {
    const { sha256, sizeBytes, kind } = await uploadFile(client, path, output);
    files.push({ name, sha256 });
    output.write(`${name}: ${kind}, ${size(sizeBytes)}\n`);
  }
  const bundle = await client.call('createBundle', {
    body: { name: 'stories', files, command: { program: 'node', args }, engine: 'auto' },
  });
  output.write(`bundle ${bundle.reference}\n`);
  return bundle;
}

async function startRuns(client: Client, bundle: string, pcs: readonly DemoPc[]): Promise<RunSummary[]> {
  const started = await Promise.all(
    pcs.map(({ name, steps }) =>
      client.call('run', {
        body: { bundle, machines: { names: [name] }, parameters: { ...parameters, steps } },
      }),
    ),
  );
  return started.flatMap(({ runs }) => runs);
}

function results(machines: readonly Machine[], runs: readonly Run[]): string {
  const cpus = new Map(machines.map(({ name, agent }) => [name, agent?.cpu]));
  return table(
    ['MACHINE', 'CPU', 'STATE', 'TOKENS', 'TOK/S', 'WHOSE CLOCK', 'FIRST TOKEN MS'],
    runs.map((run) => [
      run.machine,
      cpus.get(run.machine),
      run.state,
      run.tokens,
      run.tokensPerSecond === undefined ? undefined : Number(rate(run.tokensPerSecond)),
      (run.timing?.reportedTokensPerSecond ?? run.timing?.intervalTokensPerSecond)?.source,
      run.ttftMs === undefined ? undefined : Math.round(run.ttftMs),
    ]),
  );
}

async function measure(client: Client, bundle: string, names: string[], output: Output): Promise<Benchmark> {
  const { steps, repetitions, warmUps } = BENCHMARK;
  const started = await client.call('createBenchmark', {
    body: {
      bundles: [bundle],
      machines: { names },
      parameters: { ...parameters, steps },
      repetitions,
      warmUps,
    },
  });
  const progress = new BenchProgress(output);
  const show = (benchmark: Benchmark): void => progress.show(benchmark, Date.now());
  return await watchBenchmark(client, started, show);
}

/** The way of three PCs from registration to figures, by HTTP alone. */
export async function tellStory(client: Client, fleet: DemoFleet, output: Output): Promise<DemoResult> {
  const chapter = (title: string): unknown => output.write(`\n== ${title}\n`);
  const names = fleet.pcs.map((pc) => pc.name);

  chapter('register and probe');
  const machines = await register(client, fleet.pcs, output);

  chapter('upload an engine and a model, and bundle them');
  const { reference } = await createBundle(client, fleet, output);

  chapter('deploy over FTP');
  const progress = new DeployProgress(output);
  const started = await client.call('deploy', { body: { bundle: reference, machines: { names } } });
  const deployment = await watchDeployment(client, started, (state) => progress.show(state, Date.now()));
  output.write(`deployment ${deployment.state}\n`);

  chapter('run: the tokens as they come');
  const runs = await startRuns(client, reference, fleet.pcs);
  const ended = await watchRuns(client, runs, new TokenPrinter(output, runs.length), (text) =>
    output.write(`${text}\n`),
  );

  output.write(`\n${results(machines, ended)}`);

  chapter('benchmark (simulated machines: the rates are set, not measured on old parts)');
  const benchmark = await measure(client, reference, names, output);
  output.write(benchmarkTable(benchmark));
  return { machines, deployments: [deployment], runs: ended, benchmark };
}
