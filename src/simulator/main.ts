import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DomainError } from '../domain/errors.ts';
import { runSimulator, type SimulatorOptions } from './run-simulator.ts';
import type { AgentChoice } from './simulated-pc.ts';

export { runSimulator, type RunningSimulator, type SimulatorOptions } from './run-simulator.ts';

const usage =
  'usage: main.ts --disks FOLDER [--count N | --profile NAME...] [--agent auto|c|ts] [--poll-ms N] [--rate BYTES] [--with-parent]';

const agentChoices: readonly AgentChoice[] = ['auto', 'c', 'ts'];

const argumentKinds = {
  disks: { type: 'string' },
  count: { type: 'string' },
  profile: { type: 'string', multiple: true },
  agent: { type: 'string', default: 'auto' },
  'poll-ms': { type: 'string' },
  rate: { type: 'string' },
  'with-parent': { type: 'boolean', default: false },
} as const;

const wrong = (key: string): never => {
  throw new DomainError('CONFIG_INVALID', `--${key} is missing or wrong; ${usage}`);
};

function readArguments(argv: readonly string[]): { options: SimulatorOptions; withParent: boolean } {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: argumentKinds,
    allowPositionals: true,
  });
  const whole = (key: 'count' | 'poll-ms' | 'rate'): number | undefined => {
    const text = values[key];
    return text === undefined ? undefined : /^\d{1,9}$/.test(text) ? Number(text) : wrong(key);
  };
  const profiles = values.profile === undefined ? undefined : [...values.profile, ...positionals];
  if (profiles === undefined && positionals.length > 0) wrong('profile');
  const count = whole('count');
  const pollMs = whole('poll-ms');
  const rateBytesPerSecond = whole('rate');
  const options: SimulatorOptions = {
    disksFolder: values.disks ?? wrong('disks'),
    agent: agentChoices.find((choice) => choice === values.agent) ?? wrong('agent'),
    ...(profiles === undefined ? {} : { profiles }),
    ...(count === undefined ? {} : { count }),
    ...(pollMs === undefined ? {} : { pollMs }),
    ...(rateBytesPerSecond === undefined ? {} : { rateBytesPerSecond }),
    onLine: (line) => process.stdout.write(`${line}\n`),
  };
  return { options, withParent: values['with-parent'] };
}

/** Settles when this process is asked to end, or (with a parent) when the parent is gone. */
function stopAsked(withParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    const ask = (): void => resolve();
    process.once('SIGTERM', ask);
    process.once('SIGINT', ask);
    if (!withParent) return;
    if (process.connected) process.once('disconnect', ask);
    else process.stdin.once('end', ask).once('close', ask).once('error', ask).resume();
  });
}

async function main(): Promise<void> {
  const { options, withParent } = readArguments(process.argv.slice(2));
  const asked = stopAsked(withParent);
  const simulator = await runSimulator(options);
  await asked;
  await simulator.stop();
}

/** Whether this file was started as a program, and not imported by another. */
function isProgram(): boolean {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url);
}

if (isProgram()) {
  main().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
}
