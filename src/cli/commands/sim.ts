import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { wholeNumber, type Cli } from '../cli.ts';

interface SimOptions {
  readonly profile?: readonly string[];
  readonly count?: number;
  readonly disks?: string;
  readonly agent: 'auto' | 'c' | 'ts';
  readonly pollMs?: number;
  readonly rate?: number;
  readonly withParent?: true;
}

/** Settles when this process is asked to end. */
function stopAsked(withParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    const ask = (): void => resolve();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, ask);
    if (withParent) process.stdin.once('end', ask).once('error', ask).resume();
  });
}

async function simulate(cli: Cli, options: SimOptions): Promise<void> {
  const asked = stopAsked(options.withParent === true);
  const { runSimulator } = await import('../../simulator/main.ts');
  const throwAway = options.disks === undefined ? await mkdtemp(join(tmpdir(), 'fleet98-sim-')) : undefined;
  try {
    const simulator = await runSimulator({
      disksFolder: options.disks ?? throwAway ?? '',
      agent: options.agent,
      onLine: (line) => cli.io.stdout.write(`${line}\n`),
      ...(options.profile === undefined ? {} : { profiles: options.profile }),
      ...(options.count === undefined ? {} : { count: options.count }),
      ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }),
      ...(options.rate === undefined ? {} : { rateBytesPerSecond: options.rate }),
    });
    await asked;
    await simulator.stop();
  } finally {
    if (throwAway !== undefined) await rm(throwAway, { recursive: true, force: true });
  }
}

/** `sim`: simulated old PCs, until Ctrl-C. */
export function addSimCommand(program: Command, cli: Cli): void {
  program
    .command('sim')
    .description('start simulated old PCs; prints one line of JSON for each, then {"ready":true}')
    .option('--profile <name...>', 'PCs of fixtures/old-pc by name')
    .option('--count <n>', 'so many PCs, all profiles in turn', wholeNumber)
    .option('--disks <folder>', 'where their disks are kept; otherwise thrown away at the end')
    .addOption(
      new Option('--agent <kind>', 'which agent they run').choices(['auto', 'c', 'ts']).default('auto'),
    )
    .option('--poll-ms <ms>', 'how often the agents look for jobs', wholeNumber)
    .option('--rate <bytes>', 'bytes per second of their network; 0: no limit', wholeNumber)
    .option('--with-parent', 'end when standard input ends')
    .action((options: SimOptions) => simulate(cli, options));
}
