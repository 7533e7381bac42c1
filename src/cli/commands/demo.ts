import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { Client } from '../client.ts';
import { Belongings, startFleet, type DemoFleet } from '../demo/fleet.ts';
import { tellStory, type DemoResult } from '../demo/story.ts';

interface DemoOptions {
  readonly json?: true;
}

const KEPT_LOG_CHARACTERS = 16_384;

class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Rejects when the process is asked to end, instead of letting it die with its children running. */
function interruption(): { readonly asked: Promise<never>; forget(): void } {
  const gate = new AbortController();
  const asked = new Promise<never>((_resolve, reject) => {
    gate.signal.addEventListener('abort', () => reject(new Interrupted('interrupted')));
  });
  asked.catch(() => undefined);
  const onSignal = (): void => gate.abort();
  for (const signal of signals) process.on(signal, onSignal);
  return {
    asked,
    forget: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

function whatNext({ url }: DemoFleet): string {
  return `
The fleet stays up until Ctrl-C:
  API         ${url}/docs
  CLI         fleet98 --help, with FLEET98_URL=${url}

Next, a real machine: give it an FTP server and a folder FLEET98 with AGENT.EXE running in it (README.md says how), then
  fleet98 serve
  fleet98 machine add NAME ADDRESS --user USER --password-stdin
`;
}

function answer({ machines, deployments, runs, benchmark }: DemoResult): string {
  const rows = runs.map((run) => ({
    machine: run.machine,
    state: run.state,
    text: run.text,
    tokens: run.tokens,
    tokensPerSecond: run.tokensPerSecond,
    ttftMs: run.ttftMs,
    exitCode: run.exitCode,
    simulated: run.simulated,
    pid: run.pid,
  }));
  return `${JSON.stringify({ machines, deployments, runs: rows, benchmark })}\n`;
}

const isGood = ({ deployments, runs, benchmark }: DemoResult): boolean =>
  deployments.every(({ state }) => state === 'done') &&
  runs.length > 0 &&
  runs.every(({ state }) => state === 'succeeded') &&
  benchmark.state === 'done';

async function demo(cli: Cli, options: DemoOptions): Promise<void> {
  const output = options.json ? cli.io.stderr : cli.io.stdout;
  const interrupted = interruption();
  const belongings = new Belongings();
  const over = new AbortController();
  // On a terminal the daemon's log would break the picture; it is shown when something goes wrong.
  let log = '';
  let isShown = false;
  const onLog = (text: string): void => {
    if (options.json) cli.io.stderr.write(text);
    else log = (log + text).slice(-KEPT_LOG_CHARACTERS);
  };
  const play = async (): Promise<void> => {
    output.write('== start a daemon and three simulated PCs\n');
    const fleet = await startFleet(belongings, cli.io.env, onLog);
    const result = await Promise.race([
      tellStory(new Client(fleet.url, { signal: over.signal }), fleet, output),
      fleet.died,
    ]);
    if (!isGood(result)) cli.fail();
    if (options.json) {
      cli.io.stdout.write(answer(result));
      return;
    }
    output.write(whatNext(fleet));
    isShown = true;
    await fleet.died;
  };
  const playing = play();
  playing.catch(() => undefined);
  try {
    await Promise.race([playing, interrupted.asked]);
  } catch (error) {
    // Ctrl-C is how the fleet that stays up is ended; before that there is no result to speak of.
    if (!(error instanceof Interrupted)) {
      cli.io.stderr.write(log);
      throw error;
    }
    if (!isShown) cli.fail();
  } finally {
    over.abort();
    await belongings.clearAway();
    interrupted.forget();
  }
}

/** `demo`: the whole way with simulated machines. */
export function addDemoCommand(program: Command, cli: Cli): void {
  program
    .command('demo')
    .description('a daemon and three simulated PCs, from registration to figures; stays up until Ctrl-C')
    .option('--json', 'do not stay; answer one JSON object {machines, deployments, runs, benchmark}')
    .action((options: DemoOptions) => demo(cli, options));
}
