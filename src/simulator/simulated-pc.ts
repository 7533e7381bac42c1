import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '../domain/errors.ts';
import { SimulatedAgent } from './agent/agent.ts';
import { guardGroup } from './agent/guard.ts';
import { startFtpServer } from './ftp/server.ts';
import { packageFolder, type PcProfile } from './profile.ts';

/** `c`: the C agent as a process of its own; `ts`: the simulator's own; `auto`: the C agent where it is built. */
export type AgentChoice = 'auto' | 'c' | 'ts';

export interface SimulatedPcOptions {
  readonly profile: PcProfile;
  /** The folder of the host that is the PC's disk; made when missing, kept at the end. */
  readonly diskFolder: string;
  /** The computer's own name; the profile's when left out. */
  readonly name?: string;
  /** 0 or left out: any free port. */
  readonly ftpPort?: number;
  readonly agent?: AgentChoice;
  readonly pollMs?: number;
  /** Instead of the profile's; 0: no limit. */
  readonly rateBytesPerSecond?: number;
}

export interface SimulatedPc {
  readonly name: string;
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly spool: '/FLEET98';
  readonly diskFolder: string;
  readonly agentKind: 'c' | 'ts';
  /** Ends the agent with its program, as closing its window would; the FTP server stays. */
  stopAgent(): Promise<void>;
  /** Starts the agent again after `stopAgent`. */
  startAgent(): Promise<void>;
  /** Ends the agent with its program, then the FTP server. */
  stop(): Promise<void>;
}

interface RunningAgent {
  stop(): Promise<void>;
}

const builtAgent = join(packageFolder, 'dist', 'agent', 'linux', 'AGENT.EXE');
const startDeadlineMs = 10_000;
const stopDeadlineMs = 5_000;

/** Starts one simulated PC: disk, agent and FTP server. AGENT_NEEDED when the agent does not come up. */
export async function startSimulatedPc(options: SimulatedPcOptions): Promise<SimulatedPc> {
  const { profile } = options;
  const name = options.name ?? profile.name;
  const diskFolder = resolve(options.diskFolder);
  const spoolFolder = join(diskFolder, 'FLEET98');
  const agentKind = chooseAgent(options.agent ?? 'auto');
  furnish(spoolFolder, agentKind, iniText(profile, name, options.pollMs));
  const newAgent = () => startAgent(agentKind, spoolFolder, profile.tokensPerSecond);
  let agent: RunningAgent | undefined = await newAgent();
  const stopAgent = async (): Promise<void> => {
    await agent?.stop();
    agent = undefined;
  };
  try {
    const server = await startFtpServer({
      diskFolder,
      dress: profile.dress,
      user: profile.user,
      password: profile.password,
      rateBytesPerSecond: options.rateBytesPerSecond ?? profile.rateBytesPerSecond,
      port: options.ftpPort ?? 0,
    });
    return {
      name,
      host: '127.0.0.1',
      port: server.port,
      user: profile.user,
      password: profile.password,
      spool: '/FLEET98',
      diskFolder,
      agentKind,
      stopAgent,
      startAgent: async () => {
        agent ??= await newAgent();
      },
      stop: async () => {
        await stopAgent();
        await server.close();
      },
    };
  } catch (error) {
    await stopAgent();
    throw error;
  }
}

function chooseAgent(choice: AgentChoice): 'c' | 'ts' {
  const isBuilt = existsSync(builtAgent);
  if (choice === 'c' && !isBuilt) {
    throw new DomainError('AGENT_NEEDED', 'the C agent is not built; run npm run build:agent first');
  }
  return choice === 'auto' ? (isBuilt ? 'c' : 'ts') : choice;
}

function furnish(spoolFolder: string, agentKind: 'c' | 'ts', ini: string): void {
  mkdirSync(spoolFolder, { recursive: true });
  const executable = join(spoolFolder, 'AGENT.EXE');
  if (agentKind === 'c') copyFileSync(builtAgent, executable);
  else writeFileSync(executable, "The agent of this simulated PC is the simulator's own.\r\n");
  writeFileSync(join(spoolFolder, 'AGENT.INI'), ini);
}

function iniText(profile: PcProfile, name: string, pollMs: number | undefined): string {
  return [
    `name=${name}`,
    `cpu=${profile.cpu}`,
    `mhz=${profile.mhz}`,
    `ram_kb=${profile.ramKb}`,
    `os=${profile.os}`,
    `platform=${profile.platform}`,
    ...(pollMs === undefined ? [] : [`poll_ms=${pollMs}`]),
    'simulated=1',
    '',
  ].join('\r\n');
}

async function startAgent(
  kind: 'c' | 'ts',
  spoolFolder: string,
  tokensPerSecond: number,
): Promise<RunningAgent> {
  const environment: Record<string, string> =
    tokensPerSecond > 0 ? { PACE_TOKENS_PER_SECOND: String(tokensPerSecond) } : {};
  if (kind === 'c') return startBuiltAgent(spoolFolder, environment);
  const agent = new SimulatedAgent(spoolFolder, { environment });
  await agent.start();
  return agent;
}

async function startBuiltAgent(
  spoolFolder: string,
  environment: Record<string, string>,
): Promise<RunningAgent> {
  // What an earlier agent wrote must not be taken for this one's.
  rmSync(join(spoolFolder, 'AGENT.NFO'), { force: true });
  const child = spawn(builtAgent, [spoolFolder], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let lastWords = '';
  child.stderr.on('data', (bytes: Buffer) => {
    lastWords = (lastWords + bytes.toString('latin1')).slice(-500);
  });
  child.on('error', (error) => {
    lastWords = error.message;
  });
  const liftGuard = child.pid === undefined ? () => {} : guardGroup(child.pid);
  const stop = async (): Promise<void> => {
    await endChild(child);
    liftGuard();
  };
  const deadline = Date.now() + startDeadlineMs;
  while (!hasInfo(spoolFolder)) {
    if (hasEnded(child) || Date.now() > deadline) {
      await stop();
      throw new DomainError(
        'AGENT_NEEDED',
        `the C agent did not start: ${lastWords.trim() || 'no reason given'}`,
      );
    }
    await delay(20);
  }
  return { stop };
}

function hasInfo(spoolFolder: string): boolean {
  const path = join(spoolFolder, 'AGENT.NFO');
  return existsSync(path) && readFileSync(path, 'latin1').includes('eof=1');
}

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function endChild(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
  await gone;
  clearTimeout(timer);
}
