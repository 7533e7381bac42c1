import type { AgentFacts } from './machine.ts';

/** What a version of our agent cannot do that the newest one can. */
interface AgentVersion {
  readonly version: string;
  /** Kinds of jobs that it does not know. */
  readonly lacksKinds: readonly string[];
  /** What it does not say of itself. */
  readonly lacksFacts: readonly string[];
}

/** The name under which our own agent tells of itself. */
export const ownAgent = 'agent98';

/**
 * The versions that the daemon talks to, oldest first: the one that is shipped, and the two before it as soon as there
 * are so many. All of them speak version 1 of the protocol (`v=1`); which jobs an agent knows is asked of itself.
 */
export const agentVersions: readonly AgentVersion[] = [
  { version: '0.1.0', lacksKinds: ['update'], lacksFacts: ['arch'] },
  { version: '0.2.0', lacksKinds: [], lacksFacts: [] },
];

/** The version that this daemon ships. */
export const shippedAgentVersion = agentVersions.at(-1)?.version ?? '';

const numbersOf = (version: string): readonly number[] | undefined =>
  /^\d{1,9}(\.\d{1,9}){0,3}$/.test(version) ? version.split('.').map(Number) : undefined;

function isBefore(version: string, other: string): boolean {
  const [mine, theirs] = [numbersOf(version), numbersOf(other)];
  if (!mine || !theirs) return false;
  for (let at = 0; at < Math.max(mine.length, theirs.length); at += 1) {
    const difference = (mine[at] ?? 0) - (theirs[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/**
 * How an agent stands beside the shipped one: `old` ones are talked to, `too-old` ones may not understand everything.
 * Agents of others count as current: what they can do is in their `kinds`.
 */
export function agentAge({
  agent,
  version,
}: Pick<AgentFacts, 'agent' | 'version'>): 'current' | 'old' | 'too-old' {
  if (agent !== ownAgent || !isBefore(version, shippedAgentVersion)) return 'current';
  const [oldest] = agentVersions;
  return oldest && isBefore(version, oldest.version) ? 'too-old' : 'old';
}
