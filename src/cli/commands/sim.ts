import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Option, type Command } from 'commander';
import { platformIds } from '../../contract/fields.ts';
import { collect, wholeNumber, type Cli } from '../cli.ts';
import { simulatedInventory } from '../simulated-inventory.ts';

interface SimOptions {
  readonly profile?: readonly string[];
  readonly platform?: (typeof platformIds)[number];
  readonly count?: number;
  readonly disks?: string;
  readonly agent: 'auto' | 'c' | 'shipped' | 'ts';
  readonly pollMs?: number;
  readonly rate?: number;
  readonly knob?: readonly string[];
  readonly basePort?: number;
  readonly inventory?: string;
  readonly control?: true;
  readonly withParent?: true;
}

/** Settles when this process is asked to end. */
function stopAsked(withParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    const ask = (): void => resolve();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, ask);
    if (withParent) process.stdin.once('end', ask).once('close', ask).once('error', ask).resume();
  });
}

async function simulate(cli: Cli, options: SimOptions, disksFolder: string): Promise<void> {
  const asked = stopAsked(options.withParent === true);
  const { runSimulator } = await import('../../simulator/run-simulator.ts');
  const { takeOrders } = await import('../../simulator/orders.ts');
  const say = (line: string): unknown => cli.io.stdout.write(`${line}\n`);
  const simulator = await runSimulator({
    disksFolder,
    agent: options.agent,
    onLine: say,
    onWarning: (text) => cli.note(text),
    ...(options.profile && { profiles: options.profile }),
    ...(options.platform && { platform: options.platform }),
    ...(options.count !== undefined && { count: options.count }),
    ...(options.pollMs !== undefined && { pollMs: options.pollMs }),
    ...(options.rate !== undefined && { rateBytesPerSecond: options.rate }),
    ...(options.knob && { knobs: options.knob }),
    ...(options.basePort !== undefined && { basePort: options.basePort }),
  });
  try {
    if (options.inventory !== undefined) {
      await writeFile(options.inventory, simulatedInventory(simulator.pcs), { mode: 0o600 });
    }
    say(JSON.stringify({ ready: true }));
    if (options.control) {
      const lines = createInterface({ input: process.stdin });
      void takeOrders(simulator.pcs, lines, say);
      void asked.then(() => lines.close());
    }
    await asked;
  } finally {
    // Else it keeps this process alive when a signal ended the work.
    process.stdin.pause();
    await simulator.stop();
  }
}

async function simulateOnDisks(cli: Cli, options: SimOptions): Promise<void> {
  if (options.disks !== undefined) return simulate(cli, options, options.disks);
  const folder = await mkdtemp(join(tmpdir(), 'fleet98-sim-'));
  try {
    await simulate(cli, options, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `sim`: simulated old PCs, until Ctrl-C. */
export function addSimCommand(program: Command, cli: Cli): void {
  program
    .command('sim')
    .description('start simulated old PCs; prints one line of JSON for each, then {"ready":true}')
    .option('--profile <name...>', 'PCs of fixtures/old-pc by name')
    .addOption(
      new Option(
        '--platform <id>',
        'PCs of a platform; linux: with the ready-made agent, no compiler needed',
      ).choices([...platformIds]),
    )
    .option('--count <n>', 'so many PCs, all profiles (or those named) in turn', wholeNumber)
    .option('--disks <folder>', 'where their disks are kept; otherwise thrown away at the end')
    .addOption(
      new Option('--agent <kind>', 'which agent they run')
        .choices(['auto', 'c', 'shipped', 'ts'])
        .default('auto'),
    )
    .option('--poll-ms <ms>', 'how often the agents look for jobs', wholeNumber)
    .option('--rate <bytes>', 'bytes per second of their network; 0: no limit', wholeNumber)
    .option('--knob <knob=value>', 'what they do badly, see docs/simulator.md; may be repeated', collect)
    .option(
      '--base-port <port>',
      'port of the first PC, the others follow; otherwise free ports',
      wholeNumber,
    )
    .option('--inventory <file.csv>', 'write a file for `fleet98 machine import`')
    .option('--control', 'take orders from standard input, one per line: NAME|all ORDER')
    .option('--with-parent', 'end when standard input ends')
    .action((options: SimOptions) => simulateOnDisks(cli, options));
}
