import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { guardGroup } from '../../../src/simulator/agent/guard.ts';
import { builtAgentPath } from '../../support/built-agent.ts';
import { startVsftpd } from '../../support/vsftpd.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { LanePc } from './lane.ts';
import { simulatedPc } from './lane.ts';

/** The call at which an agent is killed, counted from when it is armed; see die-at.c. */
export interface Death {
  readonly call: 'rename' | 'remove' | 'close';
  readonly when: 'before' | 'after';
  readonly count: number;
  readonly pattern: string;
}

const PATIENCE_MS = 100_000;

/** The agent of one spool as a process of its own, so that it can really be killed. */
class AgentProcess {
  readonly #command: readonly string[];
  readonly #spoolFolder: string;
  #child: ChildProcess | undefined;

  constructor(kind: 'c' | 'ts', spoolFolder: string) {
    const own = [process.execPath, join(dirname(inject('builtCli')), '../simulator/agent/main.js')];
    this.#command = kind === 'c' ? [builtAgentPath] : own;
    this.#spoolFolder = spoolFolder;
  }

  /** Starts it in place of one that runs; ready when it has told of itself. */
  async start(death?: Death): Promise<void> {
    await this.stop();
    rmSync(this.#armedFile, { force: true });
    const [program = '', ...args] = this.#command;
    const wish = death && `${death.call} ${death.when} ${death.count} ${death.pattern}`;
    const child = spawn(program, [...args, this.#spoolFolder], {
      env: {
        ...process.env,
        ...(wish && { LD_PRELOAD: inject('dieAtLibrary'), DIE_AT: wish, DIE_ARMED: this.#armedFile }),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    });
    if (child.pid !== undefined) child.once('exit', guardGroup(child.pid));
    this.#child = child;
    await waitFor('the agent', () => this.#told(child.pid), PATIENCE_MS);
  }

  /** From now on it dies at the call that it was started for. */
  arm(): void {
    writeFileSync(this.#armedFile, '');
  }

  /** Settles when it was killed; its program is ended by then, or will be in no time. */
  async died(): Promise<void> {
    await waitFor(
      'the moment at which the agent dies',
      () => this.#child?.signalCode === 'SIGKILL',
      PATIENCE_MS,
    );
    this.#child = undefined;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }

  /** Beside the spool. */
  get #armedFile(): string {
    return `${this.#spoolFolder}.armed`;
  }

  #told(pid: number | undefined): boolean {
    const path = join(this.#spoolFolder, 'AGENT.NFO');
    const info = existsSync(path) ? readFileSync(path, 'latin1') : '';
    return info.includes(`agent_pid=${pid}\r\n`) && info.includes('eof=1');
  }
}

export interface PcWithAgentProcess extends LanePc {
  readonly agent: AgentProcess;
}

/** A simulated PC whose agent is a process apart. */
export const pcWithAgentProcess =
  (kind: 'c' | 'ts') =>
  async (diskFolder: string): Promise<PcWithAgentProcess> => {
    const pc = await simulatedPc('ts')(diskFolder);
    await pc.stopAgent();
    const { port, spool, spoolFolder, user } = pc;
    const agent = new AgentProcess(kind, spoolFolder);
    await agent.start();
    const stop = () => agent.stop().then(() => pc.stop());
    return { port, spool, spoolFolder, user, agent, stop };
  };

/** An agent behind a real vsftpd. */
export async function vsftpdWithAgent(): Promise<PcWithAgentProcess> {
  const server = await startVsftpd();
  const spoolFolder = join(server.folder, 'FLEET98');
  // The server writes as another user than the agent.
  for (const name of ['', 'IN', 'RUN', 'OUT', 'STAGE', 'B']) {
    mkdirSync(join(spoolFolder, name));
    chmodSync(join(spoolFolder, name), 0o777);
  }
  writeFileSync(join(spoolFolder, 'AGENT.INI'), 'platform=linux\r\npoll_ms=20\r\nsimulated=1\r\n');
  const agent = new AgentProcess('ts', spoolFolder);
  await agent.start();
  const stop = () => agent.stop().then(() => server[Symbol.asyncDispose]());
  return { port: server.port, spool: '/up/FLEET98', spoolFolder, user: 'anonymous', agent, stop };
}
