import type { ChildProcess } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { SpoolFolder } from '../../support/spool-folder.ts';
import { kitOf, type AgentKit, type StartAgent } from './agent-kit.ts';

export type { AgentKit, StartAgent } from './agent-kit.ts';

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
  readonly #tell: (signal: NodeJS.Signals) => void;
  #said = '';

  constructor(process: ChildProcess, tell = (signal: NodeJS.Signals): void => void process.kill(signal)) {
    this.#process = process;
    this.#tell = tell;
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
    this.#tell(name);
    return this.exited;
  }
}

/** A spool and the agents that a test starts on it. */
export class AgentBench {
  readonly spool = new SpoolFolder();
  readonly kit: AgentKit;
  readonly #agents: RunningAgent[] = [];

  constructor(agent: StartAgent | AgentKit) {
    this.kit = kitOf(agent);
  }

  /** Starts an agent without waiting for anything. */
  launch(): RunningAgent {
    const { root } = this.spool;
    const process = this.kit.start(root);
    const agent = new RunningAgent(process, (signal) => this.kit.tell(process, root, signal));
    this.#agents.push(agent);
    return agent;
  }

  /** Starts an agent and waits until it has told of itself. */
  async start(): Promise<RunningAgent> {
    const before = this.spool.read('AGENT.NFO');
    const agent = this.launch();
    await this.spool.info(
      `of agent ${agent.pid}`,
      (info) =>
        this.kit.isAgent(info.number('agent_pid'), agent.pid) &&
        before?.equals(this.spool.read('AGENT.NFO') ?? before) !== true,
    );
    return agent;
  }

  async close(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.signal('SIGKILL')));
    this.spool.remove();
  }
}

/** A bench with one running agent for all tests of the enclosing describe. `prepare` fills its spool before the start. */
export function sharedBench(
  agent: StartAgent | AgentKit,
  prepare: (spool: SpoolFolder) => void = () => {},
): () => AgentBench {
  let bench: AgentBench | undefined;
  beforeAll(async () => {
    bench = new AgentBench(agent);
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
  agent: StartAgent | AgentKit,
  test: (bench: AgentBench) => Promise<void>,
): Promise<void> {
  const bench = new AgentBench(agent);
  try {
    await test(bench);
  } finally {
    await bench.close();
  }
}
