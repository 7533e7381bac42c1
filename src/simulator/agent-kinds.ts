import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '../domain/errors.ts';
import { startBuiltAgent } from './built-agent.ts';
import { startOwnAgent } from './own-agent.ts';
import type { PcAgent } from './pc-agent.ts';
import { packageFolder } from './profile.ts';

/** `c`: the C agent as a process of its own; `ts`: the simulator's own; `auto`: the C agent where it is built. */
export type AgentChoice = 'auto' | 'c' | 'ts';
export type AgentKind = Exclude<AgentChoice, 'auto'>;

export const builtAgentPath = join(packageFolder, 'dist', 'agent', 'linux', 'AGENT.EXE');

/** Throws AGENT_NEEDED when the C agent is asked for and not built. */
export function chooseAgent(choice: AgentChoice): AgentKind {
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
  return kind === 'c'
    ? startBuiltAgent(builtAgentPath, spoolFolder, environment)
    : startOwnAgent(spoolFolder, environment);
}
