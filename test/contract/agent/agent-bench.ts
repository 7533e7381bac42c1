import type { ChildProcess } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { SpoolFolder } from '../../support/spool-folder.ts';

/** Starts the agent under test on a spool folder. */
export type StartAgent = (folder: string) => ChildProcess;

export interface AgentExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The environment of an agent under test: `prog=node` finds the Node that runs the tests. */
export const agentEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
};

/** One agent process. */
export class RunningAgent {
  readonly exited: Promise<AgentExit>;
  readonly #process: ChildProcess;
  #said = '';

  constructor(process: ChildProcess) {
    this.#process = process;
    process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.exited = new Promise((resolve, reject) => {
      process.once('error', reject);
      // Not at its exit: what it says may come later.
      process.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** What it said on its error stream, when that is a pipe. */
  get said(): string {
    return this.#said;
  }

  signal(name: NodeJS.Signals): Promise<AgentExit> {
    this.#process.kill(name);
    return this.exited;
  }
}

/** A spool and the agents that a test starts on it. */
export class AgentBench {
  readonly spool = new SpoolFolder();
  readonly #startAgent: StartAgent;
  readonly #agents: RunningAgent[] = [];

  constructor(startAgent: StartAgent) {
    this.#startAgent = startAgent;
  }

  /** Starts an agent without waiting for anything. */
  launch(): RunningAgent {
    const agent = new RunningAgent(this.#startAgent(this.spool.root));
    this.#agents.push(agent);
    return agent;
  }

  /** Starts an agent and waits until it has told of itself. */
  async start(): Promise<RunningAgent> {
    const agent = this.launch();
    await this.spool.info(`of agent ${agent.pid}`, (info) => info.number('agent_pid') === agent.pid);
    return agent;
  }

  async close(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.signal('SIGKILL')));
    this.spool.remove();
  }
}

/** A bench with one running agent for all tests of the enclosing describe. `prepare` fills its spool before the start. */
export function sharedBench(
  startAgent: StartAgent,
  prepare: (spool: SpoolFolder) => void = () => {},
): () => AgentBench {
  let bench: AgentBench | undefined;
  beforeAll(async () => {
    bench = new AgentBench(startAgent);
    prepare(bench.spool);
    await bench.start();
  });
  afterAll(() => bench?.close());
  return () => {
    if (!bench) throw new Error('the bench is used outside of a test');
    return bench;
  };
}

/** A bench of its own for a test that starts and ends agents itself. */
export async function onBench(
  startAgent: StartAgent,
  test: (bench: AgentBench) => Promise<void>,
): Promise<void> {
  const bench = new AgentBench(startAgent);
  try {
    await test(bench);
  } finally {
    await bench.close();
  }
}
