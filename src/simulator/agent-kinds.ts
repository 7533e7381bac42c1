import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '../domain/errors.ts';
import { startBuiltAgent } from './built-agent.ts';
import { startOwnAgent } from './own-agent.ts';
import type { PcAgent } from './pc-agent.ts';
import { packageFolder } from './profile.ts';

/**
 * `c`: the C agent as a process of its own; `shipped`: the same, the ready-made one for x86_64 Linux; `ts`: the
 * simulator's own; `auto`: the C agent where it is built.
 */
export type AgentChoice = 'auto' | 'c' | 'shipped' | 'ts';
export type AgentKind = Exclude<AgentChoice, 'auto'>;

export const builtAgentPath = join(packageFolder, 'dist', 'agent', 'linux', 'AGENT.EXE');

export const shippedAgentPath = join(packageFolder, 'deploy-scripts', 'machine', 'linux-x86_64', 'AGENT.EXE');

/** Where the program of an agent is that is a process of its own. */
export const programOf = (kind: Exclude<AgentKind, 'ts'>): string =>
  kind === 'c' ? builtAgentPath : shippedAgentPath;

/** Throws AGENT_NEEDED when the C agent is asked for and not built, or the ready-made one is not for this computer. */
export function chooseAgent(choice: AgentChoice): AgentKind {
  if (choice === 'shipped') {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      const here = `${process.platform} on ${process.arch}`;
      throw new DomainError(
        'AGENT_NEEDED',
        `the ready-made agent is for x86_64 Linux, and this is ${here}; build one with npm run build:agent and say --agent c`,
      );
    }
    if (!existsSync(shippedAgentPath))
      throw new DomainError('AGENT_NEEDED', 'the ready-made agent is not there');
    return choice;
  }
  const isBuilt = existsSync(builtAgentPath);
  if (choice === 'c' && !isBuilt) {
    throw new DomainError('AGENT_NEEDED', 'the C agent is not built; run npm run build:agent first');
  }
  return choice === 'auto' ? (isBuilt ? 'c' : 'ts') : choice;
}

/** Starts an agent on a spool; settles when it has told of itself. AGENT_NEEDED when it does not come up. */
export function startPcAgent(
  kind: AgentKind,
  spoolFolder: string,
  environment: Readonly<Record<string, string>>,
): Promise<PcAgent> {
  return kind === 'ts'
    ? startOwnAgent(spoolFolder, environment)
    : startBuiltAgent(join(spoolFolder, 'AGENT.EXE'), spoolFolder, environment);
}
